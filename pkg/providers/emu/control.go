package emu

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// controlPrefix is the path under which the server itself is told what to do.
const controlPrefix = "/_emulator/"

// maxControl is the longest control request in bytes.
const maxControl = 16 << 20

func isControl(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, controlPrefix) }

// controls are what can be asked, with the method of each.
var controls = map[string]string{
	"calls": http.MethodGet, "state": http.MethodGet,
	"faults": http.MethodPost, "advance": http.MethodPost, "reset": http.MethodPost,
}

// serveControl answers GET calls (JSON lines) and state (YAML), and POST faults, advance and reset, which answer 204. What is
// wrong with a request is said as {"error": …} with 400, 404 or 405.
func (s *Server) serveControl(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, controlPrefix)
	switch method := controls[name]; {
	case method == "":
		controlError(w, http.StatusNotFound, fmt.Errorf("no control %q: want calls, state, faults, advance or reset", name))
	case r.Method != method:
		controlError(w, http.StatusMethodNotAllowed, fmt.Errorf("%s needs %s", name, method))
	case name == "calls":
		w.Header().Set("Content-Type", "application/x-ndjson")
		_ = s.log.writeTo(w)
	case name == "state":
		state, err := s.State()
		if err != nil {
			controlError(w, http.StatusInternalServerError, err)
			return
		}
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(state)
	default:
		if err := s.control(name, http.MaxBytesReader(w, r.Body, maxControl)); err != nil {
			controlError(w, http.StatusBadRequest, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// control does what a POST asks for.
func (s *Server) control(name string, body io.Reader) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	switch name {
	case "faults":
		faults, err := ParseFaults(data)
		if err != nil {
			return err
		}
		return s.SetFaults(faults)
	case "advance":
		var in struct {
			For string `json:"for"`
		}
		if err := decodeJSON(data, &in); err != nil {
			return err
		}
		d, err := parseDuration(in.For)
		if err != nil {
			return err
		}
		if d <= 0 {
			return errors.New(`want {"for": D} with a duration above zero, as in "24h"`)
		}
		s.Advance(d)
		return nil
	default:
		return s.Reset()
	}
}

func controlError(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}
