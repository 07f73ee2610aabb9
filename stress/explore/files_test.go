package explore_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/testdata/home"
)

// withFiles are programs that use files, and whether they are right.
var withFiles = map[string]struct {
	right   bool
	program func(t *explore.T)
}{
	"lost update in a file": {false, func(t *explore.T) {
		path := filepath.Join(t.TempDir(), "text")
		os.WriteFile(path, nil, 0o600)
		add := func() {
			text, _ := os.ReadFile(path)
			os.WriteFile(path, append(text, '+'), 0o600)
		}
		two(add, add)
		if text, err := os.ReadFile(path); string(text) != "++" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
	}},
	"appending to a file": {true, func(t *explore.T) {
		path := filepath.Join(t.TempDir(), "text")
		add := func() {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				t.Error(err)
			}
			f.WriteString("+")
			f.Close()
		}
		two(add, add)
		if text, err := os.ReadFile(path); string(text) != "++" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
	}},
	"lost update in a dependency": {false, func(t *explore.T) {
		c, err := home.NewCounter(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		add := func() { c.Add() }
		two(add, add)
		if n, err := c.Value(); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}},
	"a lock around a dependency": {true, func(t *explore.T) {
		c, err := home.NewCounter(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		add := func() { mu.Lock(); c.Add(); mu.Unlock() }
		two(add, add)
		if n, err := c.Value(); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}},
	"offset of an open file": {false, func(t *explore.T) {
		f, err := os.CreateTemp("", "offset-*.txt")
		if err != nil {
			t.Fatal(err)
		}
		two(func() { f.Write([]byte("ab")); f.Seek(0, io.SeekStart) }, func() { f.Write([]byte("cd")) })
		if info, _ := f.Stat(); info.Size() != 4 {
			t.Errorf("size %d", info.Size())
		}
	}},
	"check, then create": {false, func(t *explore.T) {
		path := filepath.Join(os.TempDir(), "lock")
		held := 0
		lock := func() {
			if _, err := os.Stat(path); os.IsNotExist(err) {
				os.WriteFile(path, nil, 0o600)
				held++
			}
		}
		if two(lock, lock); held != 1 {
			t.Errorf("%d hold the lock", held)
		}
	}},
	"exclusive creation": {true, func(t *explore.T) {
		path := filepath.Join(os.TempDir(), "lock")
		var mu sync.Mutex
		held := 0
		lock := func() {
			if f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600); err == nil {
				f.Close()
				mu.Lock()
				held++
				mu.Unlock()
			}
		}
		if two(lock, lock); held != 1 {
			t.Errorf("%d hold the lock", held)
		}
	}},
	"an empty folder in each schedule": {true, func(t *explore.T) {
		if entries, err := os.ReadDir(os.TempDir()); len(entries) > 0 || err != nil {
			t.Errorf("%v, %v", entries, err)
		}
		write := func(name string) func() {
			return func() { os.Create(filepath.Join(os.TempDir(), name)) } // not closed
		}
		two(write("a"), write("a"))
	}},
	"lost update in a root": {false, func(t *explore.T) {
		root := openRoot(t)
		root.WriteFile("text", nil, 0o600)
		add := func() {
			text, _ := root.ReadFile("text")
			root.WriteFile("text", append(text, '+'), 0o600)
		}
		two(add, add)
		if text, err := root.ReadFile("text"); string(text) != "++" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
	}},
	"files renamed in a root": {true, func(t *explore.T) {
		root := openRoot(t)
		write := func(name string) func() {
			return func() {
				f, err := root.Create(name)
				if err == nil {
					_, err = f.WriteString(name)
				}
				if err = errors.Join(err, f.Close(), root.Rename(name, "final")); err != nil {
					t.Error(err)
				}
			}
		}
		two(write("a"), write("b"))
		f, err := os.OpenInRoot(root.Name(), "final")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if info, err := f.Stat(); err != nil || info.Size() != 1 {
			t.Error(info, err)
		}
		if _, err := root.Open("../final"); err == nil {
			t.Error("a path led out of the root")
		}
	}},
	"working folder": {true, func(t *explore.T) {
		if _, err := os.Stat("files_test.go"); err != nil {
			t.Errorf("the schedule does not begin in the folder of the test: %v", err)
		}
		dir := t.TempDir()
		t.Chdir(dir)
		if at, err := os.Getwd(); at != dir || os.Getenv("PWD") != dir || err != nil {
			t.Errorf("%s and %s, %v, want %s", at, os.Getenv("PWD"), err, dir)
		}
		write := func() {
			if err := os.WriteFile("relative", nil, 0o600); err != nil {
				t.Error(err)
			}
		}
		two(write, write)
		t.Setenv("EXPLORED", "a")
		if _, ok := t.Deadline(); ok || t.Context().Err() != nil {
			t.Error("a deadline, or a context that is done")
		}
	}},
	"working folder, for good": {true, func(t *explore.T) {
		if _, err := os.Stat("files_test.go"); err != nil {
			t.Errorf("the schedule does not begin in the folder of the test: %v", err)
		}
		os.Chdir(os.TempDir())
		two(func() { os.Stat("x") }, func() { os.Mkdir("x", 0o700) })
	}},
}

// openRoot opens a new folder as a root until the end of the test.
func openRoot(t *explore.T) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestFiles(t *testing.T) {
	for name, c := range withFiles {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 300}, c.program)
			want := explore.Fail
			if c.right {
				want = explore.Pass
			}
			if r.Verdict != want {
				t.Errorf("%s, want %s: %s", r.Verdict, want, r.Text)
			}
		})
	}
}

// A change outside of the folder of the schedule is refused, with the way out.
func TestFilesOutside(t *testing.T) {
	for what, program := range map[string]func(){
		"os.WriteFile": func() { os.WriteFile("outside", nil, 0o600) },
		"os.Remove":    func() { os.Remove(filepath.Join(os.TempDir(), "..", "outside")) },
		"os.OpenFile":  func() { os.OpenFile("outside", os.O_CREATE, 0o600) },
		"os.Rename":    func() { os.Rename(os.TempDir(), "outside") },
		"os.Root.WriteFile": func() {
			if root, err := os.OpenRoot("."); err == nil {
				root.WriteFile("outside", nil, 0o600)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 10}, func(*explore.T) { program() })
			want := "refused: " + what + " outside of the folder of the schedule is not under control: write to"
			if r.Verdict != explore.Refused || !strings.Contains(r.Text, want) {
				t.Errorf("%s: %s, want %q", r.Verdict, r.Text, want)
			}
			if _, err := os.Stat("outside"); err == nil {
				t.Error("the file was made")
			}
		})
	}
}
