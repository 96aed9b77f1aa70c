package file

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entitlectl/entitlectl/pkg/store"
	"github.com/entitlectl/entitlectl/pkg/store/storetest"
)

// recorded returns a history file and the records in it.
func recorded(t *testing.T) (data []byte, all []store.Record) {
	t.Helper()
	s := Open(storetest.Folder(t))
	for i := range 4 {
		r := store.Record{Kind: store.RunEnded, At: ana.Since, Who: ana, Calls: i}
		must(t, s.Record(t.Context(), r, nil))
		all = append(all, r)
	}
	return read(t, s.path(historyName)), all
}

// history returns the records that can be read and the errors for the others.
func history(t *testing.T, s *Store) (all []store.Record, bad []string) {
	t.Helper()
	for r, err := range s.Records(t.Context()) {
		if err != nil {
			bad = append(bad, err.Error())
			continue
		}
		all = append(all, r)
	}
	return all, bad
}

func TestAHistoryThatWasCutOff(t *testing.T) {
	data, all := recorded(t)
	for i := range len(data) + 1 {
		if skipped(i) {
			continue
		}
		s := with(t, historyName, data[:i])
		whole := bytes.Count(data[:i], []byte("\n"))
		torn := data[bytes.LastIndexByte(data[:i], '\n')+1 : i]
		got, bad := history(t, s)
		if diff := cmp.Diff(all[:whole], got, cmpopts.EquateEmpty()); diff != "" || len(bad) != min(1, len(torn)) {
			t.Fatalf("cut at %d (-want +got):\n%s\nbad %q", i, diff, bad)
		}
		where := fmt.Sprintf("history.jsonl:%d: the record was cut off", whole+1)
		if _, err := s.Verify(t.Context()); (err != nil) != (len(torn) > 0) || err != nil && !strings.Contains(err.Error(), where) {
			t.Fatalf("cut at %d: error %v", i, err)
		}
		must(t, s.Record(t.Context(), all[0], nil))
		if c, err := s.Verify(t.Context()); err != nil || c.Records != whole+1 {
			t.Fatalf("cut at %d, and the next record: %d, error %v", i, c.Records, err)
		}
		if len(torn) > 0 {
			if got := setAsideOf(t, s.path(historyName)); !slices.Equal(got, []string{string(torn)}) {
				t.Fatalf("cut at %d: set aside %q, want %q", i, got, torn)
			}
		}
	}
}

func TestAHistoryThatWasAltered(t *testing.T) {
	data, all := recorded(t)
	for i, bad := range altered(data) {
		s := with(t, historyName, bad)
		where := fmt.Sprintf("history.jsonl:%d: ", lineOf(data, i))
		for round := range 2 {
			got, errs := history(t, s)
			if len(errs) == 0 || !strings.Contains(errs[0], where) {
				t.Fatalf("altered at %d: errors %q", i, errs)
			}
			for _, r := range got {
				if !slices.ContainsFunc(all, func(a store.Record) bool { return cmp.Equal(a, r) }) {
					t.Fatalf("altered at %d: %+v was never recorded", i, r)
				}
			}
			if len(got) < len(all)-2+round {
				t.Fatalf("altered at %d: %d records are left", i, len(got))
			}
			if _, err := s.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), where) {
				t.Fatalf("altered at %d, round %d: error %v", i, round, err)
			}
			if i == len(data)-1 {
				break // a torn record, as above
			}
			must(t, s.Record(t.Context(), all[0], nil))
		}
		if i < len(data)-1 && !bytes.HasPrefix(read(t, s.path(historyName)), bad) {
			t.Fatalf("altered at %d: the evidence is gone", i)
		}
	}
}

func TestAHistoryThatWasTamperedWith(t *testing.T) {
	data, _ := recorded(t)
	lines, _ := split(data)
	third, _, _ := readLink(lines[2])
	forged := newLink(third.Prev, bytes.Replace(third.Record, []byte("ana"), []byte("bob"), 1)).line()
	spaced := bytes.Replace(lines[0], []byte(`"record":`), []byte(`"record": `), 1)
	for name, test := range map[string]struct {
		lines [][]byte
		want  string
	}{
		"altered and its digest made anew": {[][]byte{lines[0], lines[1], forged, lines[3]}, "history.jsonl:4: the record does not follow"},
		"taken out of the middle":          {[][]byte{lines[0], lines[2], lines[3]}, "history.jsonl:2: the record does not follow"},
		"taken out at the start":           {lines[1:], "history.jsonl: its beginning is missing"},
		"doubled":                          {[][]byte{lines[0], lines[0], lines[1]}, "history.jsonl:2: the record does not follow"},
		"written another way":              {[][]byte{spaced}, "history.jsonl:1: the record was altered"},
	} {
		t.Run(name, func(t *testing.T) {
			s := with(t, historyName, append(bytes.Join(test.lines, []byte("\n")), '\n'))
			if _, err := s.Verify(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// What can be read is handed on and what is broken is said, in one go as in two.
func TestVerifyEachIsVerifyAndRecords(t *testing.T) {
	data, _ := recorded(t)
	lines := bytes.SplitAfter(data, []byte("\n"))
	for name, history := range map[string][]byte{
		"whole": data, "one taken out": slices.Concat(lines[0], lines[2], lines[3]), "one altered": slices.Concat(lines[0], bytes.Replace(lines[1], []byte("record"), []byte("recorD"), 1), lines[2], lines[3]),
		"cut off": data[:len(data)-10], "empty": nil,
	} {
		s := with(t, historyName, history)
		var each []store.Record
		c, err := s.VerifyEach(t.Context(), func(r store.Record) { each = append(each, r) })
		want, wanted := s.Verify(t.Context())
		all := []store.Record{}
		for r, err := range s.Records(t.Context()) {
			if err == nil {
				all = append(all, r)
			}
		}
		if diff := cmp.Diff(all, each, cmpopts.EquateEmpty()); diff != "" || c.Head != want.Head || c.Records != want.Records || fmt.Sprint(err) != fmt.Sprint(wanted) {
			t.Errorf("%s: error %v, want %v (-want +got):\n%s", name, err, wanted, diff)
		}
	}
}
