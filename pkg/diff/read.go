package diff

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// planReader reads the JSON of a plan as a stream: of the long lists it has one element at a time as text.
type planReader struct {
	*json.Decoder
	format int
}

// readPlan reads a plan of any format to the end of its text. What is not as Write gives it may still come through: that the
// texts are the same is for the caller to see.
func readPlan(r io.Reader) (*Plan, error) {
	in, plan, late := &planReader{Decoder: json.NewDecoder(r)}, &Plan{}, ""
	in.DisallowUnknownFields()
	err := in.object(func(key string) error {
		switch {
		case key == "format":
			if err := in.Decode(&plan.Format); err != nil {
				return err
			}
			in.format = plan.Format
			return checkFormat(plan.Format)
		case in.format == 0: // what it is that it stands in is not known yet
			late = key
			return in.Decode(&json.RawMessage{})
		case key == "connections":
			return readList(in, key, &plan.Connections, in.connection)
		}
		return in.member(key, plan)
	})
	switch {
	case err != nil:
		return nil, asReadError(err)
	case in.format == 0:
		return nil, errors.New(`not a plan: it has no "format"`)
	case late != "":
		return nil, fmt.Errorf("the plan was altered after it was saved: %q stands before its format; make a new one", late)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more text follows after the plan's end; make a new one")
	}
	return plan, plan.checkFormatFits()
}

// formatError is a format that can't be read.
type formatError int

func (e formatError) Error() string {
	return fmt.Sprintf("the plan has format %d, this version reads formats %d and %d: use the entitlectl that made it, or plan again",
		int(e), FormatVersion, FormatGrouped)
}

func checkFormat(format int) error {
	if format != FormatVersion && format != FormatGrouped {
		return formatError(format)
	}
	return nil
}

// checkFormatFits refuses format 2 of a plan that is not large enough for it. Format 1 is of any size: earlier versions knew no other.
func (p *Plan) checkFormatFits() error {
	if p.Format == FormatGrouped && !slices.ContainsFunc(p.Connections, ConnectionPlan.large) {
		return fmt.Errorf("the plan was altered after it was saved: it has format %d, and no connection has more than %d changes; make a new one", FormatGrouped, MaxListed)
	}
	return nil
}

// asReadError says what a text is that can't be read as a plan.
func asReadError(err error) error {
	syntax := (*json.SyntaxError)(nil)
	unread := formatError(0)
	switch {
	case errors.As(err, &unread):
		return unread
	case errors.Is(err, errNothing):
		return errors.New("the plan is empty; plan --out saves one")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &syntax), errors.Is(err, errNoObject):
		return fmt.Errorf("not a whole plan: %w; plan --out saves one", err)
	}
	return fmt.Errorf("not a plan that this version wrote: %w", err)
}

var (
	errNothing  = errors.New("there is no text")
	errNoObject = errors.New("it is no JSON object")
)

// object reads an object key by key.
func (in *planReader) object(read func(key string) error) error {
	start := in.InputOffset()
	switch t, err := in.Token(); {
	case errors.Is(err, io.EOF) && start == 0:
		return errNothing
	case err != nil:
		return err
	case t != json.Delim('{'):
		return errNoObject
	}
	for in.More() {
		t, err := in.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string) // keys are
		if err := read(key); err != nil {
			return err
		}
	}
	_, err := in.Token()
	return err
}

// member reads the value of a key into a struct that has the key.
func (in *planReader) member(key string, into any) error {
	var value json.RawMessage
	if err := in.Decode(&value); err != nil {
		return err
	}
	name, err := json.Marshal(key)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(bytes.Join([][]byte{[]byte("{"), name, []byte(":"), value, []byte("}")}, nil)))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// readList reads the list of a key element by element; null is none.
func readList[T any](in *planReader, key string, list *[]T, read func(i int) (T, error)) error {
	switch t, err := in.Token(); {
	case err != nil:
		return err
	case t == nil:
		return nil
	case t != json.Delim('['):
		return fmt.Errorf("%q is no list", key)
	}
	for *list = []T{}; in.More(); {
		element, err := read(len(*list))
		if err != nil {
			return err
		}
		*list = append(*list, element)
	}
	_, err := in.Token()
	return err
}

// placed makes an error of reading an element name the element.
func placed[T any](what string, read func() (T, error)) func(i int) (T, error) {
	return func(i int) (T, error) {
		element, err := read()
		if err != nil {
			err = fmt.Errorf("%s %d: %w", what, i, err)
		}
		return element, err
	}
}

// decode reads an element as it is.
func decode[T any](in *planReader) (element T, err error) {
	err = in.Decode(&element)
	return element, err
}

// connection reads a connection's part. In format 2 it has either changes, or groups with their tables.
func (in *planReader) connection(i int) (part ConnectionPlan, err error) {
	var t groupReader
	err = in.object(func(key string) error {
		switch grouped := in.format == FormatGrouped; {
		case key == "changes":
			return readList(in, key, &part.Changes, placed("change", in.change))
		case key == "calls":
			return readList(in, key, &part.Calls, placed("call", in.call))
		case grouped && key == "subjects":
			return readTable(in, key, &t.subjects)
		case grouped && key == "sources":
			return readTable(in, key, &t.sources)
		case grouped && key == "vias":
			return readTable(in, key, &t.vias)
		case grouped && key == "groups":
			return t.read(in, &part)
		}
		return in.member(key, &part)
	})
	if err == nil {
		err = t.check()
	}
	switch {
	case err == nil:
	case part.Name == "":
		err = fmt.Errorf("connection %d: %w", i, err)
	default:
		err = fmt.Errorf("connection %q: %w", part.Name, err)
	}
	return part, err
}

func (in *planReader) change() (Change, error) {
	if in.format == FormatGrouped {
		w, err := decode[change2](in)
		if err != nil {
			return Change{}, err
		}
		return w.change()
	}
	w, err := decode[WireChange](in)
	if err != nil {
		return Change{}, err
	}
	return w.Change()
}

func (in *planReader) call() (Call, error) {
	if in.format != FormatGrouped {
		return decode[Call](in)
	}
	w, err := decode[call2](in)
	call := Call{Name: w.Name, Changes: w.Changes}
	for _, extra := range w.Extra {
		c, badMoment := extra.change()
		call.Extra, err = append(call.Extra, c), cmp.Or(err, badMoment)
	}
	return call, err
}
