package main

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/longtest"
)

const vetted = `package p

import "context"

type sem interface {
	Acquire(context.Context, int64) error
	TryAcquire(int64) bool
	Release(int64)
}

func use(ctx context.Context, s sem) {
	s.Acquire(ctx, 1)
	s.Release(1)
}
`

// vet names each finding once, although go vet judges a package and its test variant; passes the
// package without one; and refuses a package that does not compile.
//
// The folder has a blank and a letter outside of ASCII in its name: the position is cut from text.
func TestVet(t *testing.T) {
	longtest.Need(t, "TestReadFindings and package vet")
	dir := filepath.Join(t.TempDir(), "größe 1")
	writeFiles(t, dir, map[string]string{
		"go.mod":            "module example.com/p\n\ngo 1.26\n",
		"wrong/p.go":        vetted,
		"wrong/p_test.go":   "package p\n",
		"right/p.go":        "package p\n",
		"uncompilable/p.go": "package p\n\nvar x int = y\n",
	})
	t.Chdir(dir)
	code, stdout, stderr := command(t, "", "vet", "./wrong", "./right")
	want := filepath.Join("wrong", "p.go") + ":12:2: the error of Acquire is ignored: " +
		"if the context is done, the code goes on without the permits\n"
	if code != exitcode.Failed || stdout != want {
		t.Errorf("exit %d, %q, %q; want %d, %q", code, stdout, stderr, exitcode.Failed, want)
	}
	mustContain(t, "vet", stderr, "1 wrong use of a semaphore")
	if code, stdout, stderr := command(t, "", "vet", "./right"); code != exitcode.OK || stdout+stderr != "" {
		t.Errorf("a right package: exit %d, %q, %q", code, stdout, stderr)
	}
	mustRefuse(t, []string{"vet", "./uncompilable"}, "the packages cannot be judged", "undefined: y")
	mustRefuse(t, []string{"vet", "./right", "-json"}, "flag -json stands behind a package")
}

// Findings come once, in the order of the source. The error of an analyzer is an error here: a
// package that was not judged must not pass.
func TestReadFindings(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	at := func(position string) string {
		quoted, err := json.Marshal(filepath.Join(here, "p.go") + position)
		if err != nil {
			t.Fatal(err)
		}
		return `{"posn": ` + string(quoted) + `, "message": "m"}`
	}
	text := "# p\n{\"p\": {\"semaphore\": [" + at(":12:2") + ", " + at(":9:30") + "]}}\n" +
		"# p [p.test]\n{\"p [p.test]\": {\"semaphore\": [" + at(":12:2") + "]}}\n# q\n{}"
	got, err := readFindings(text)
	want := []finding{{"p.go:9:30", "m"}, {"p.go:12:2", "m"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if got, err := readFindings(`{"p": {"semaphore": {"error": "no facts"}}}`); err == nil {
		t.Errorf("the error of the analyzer became %v", got)
	}
	if got, err := readFindings("{}"); err != nil || len(got) > 0 {
		t.Errorf("nothing became %v, %v", got, err)
	}
}
