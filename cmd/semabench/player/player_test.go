package player

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/exitcode"
)

func call(t *testing.T, table []impls.Impl, args ...string) (stdout string, err error) {
	t.Helper()
	var out, complaint bytes.Buffer
	err = answer(t.Context(), args, table, &out, &complaint)
	return out.String(), err
}

// What implementations declare comes through JSON as it was. Constructors stay behind.
func TestTable(t *testing.T) {
	table := impls.All()
	table[0].Defects = map[string]string{"C10": "Release blocks"}
	table[0].DoneContext = impls.DoneMayWin
	text, err := call(t, table, "table")
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadTable(text)
	if err != nil || len(got) != len(table) {
		t.Fatalf("%v, %v, want %d implementations", got, err, len(table))
	}
	for i, want := range table {
		if want.New = nil; !reflect.DeepEqual(got[i], want) {
			t.Errorf("got %+v, want %+v", got[i], want)
		}
	}
}

func TestTurn(t *testing.T) {
	text, err := call(t, impls.All(), "turn", "-impl", "weighted", "-seed", "7", "-ops", "1")
	if err != nil || !strings.HasPrefix(text, "7\n{") {
		t.Errorf("%q, %v, want the seed and a turn", text, err)
	}
}

// A program of the file passes with a right implementation.
func TestReplay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "failure.txt")
	head := "impl: weighted\nclause: R1\nseed: 1\nprogram: 1: a1 r1\ngomaxprocs: 1\nrace: false\nconstructors: x=a/b.New\n\n"
	if err := os.WriteFile(path, []byte(head), 0o666); err != nil {
		t.Fatal(err)
	}
	text, err := call(t, impls.All(), "replay", "-times", "3", path)
	if err != nil || !strings.Contains(text, "did not fail in 3 runs") {
		t.Errorf("%q, %v", text, err)
	}
}

func TestRefusals(t *testing.T) {
	twice := append(impls.All(), impls.All()[0])
	for want, test := range map[string]struct {
		table []impls.Impl
		args  []string
	}{
		"want table":             {impls.All(), nil},
		"unknown verb":           {impls.All(), []string{"play"}},
		"unknown implementation": {impls.All(), []string{"turn", "-impl", "mine"}},
		"two implementations":    {twice, []string{"table"}},
		"no constructor":         {[]impls.Impl{{Name: "a"}}, []string{"table"}},
	} {
		if _, err := call(t, test.table, test.args...); err == nil || !strings.Contains(err.Error(), want) ||
			exitcode.Of(err) != exitcode.Refused {
			t.Errorf("%v: %v, want %q", test.args, err, want)
		}
	}
}
