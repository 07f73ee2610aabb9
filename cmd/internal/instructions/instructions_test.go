package instructions

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestVersions(t *testing.T) {
	for out, want := range map[string]string{
		"valgrind-3.19.0":                  "3.19.0",
		"valgrind-3.26.0.GIT\n":            "3.26.0.GIT",
		"valgrind-4.0.0":                   "4.0.0",
		"valgrind-3.13.0":                  "3.13.0",
		"valgrind-3.12.0":                  "",
		"valgrind-2.4.1":                   "",
		"cannot execute: exec format":      "",
		"":                                 "",
		"valgrind-99999999999999999999.1.": "99999999999999999999.1.",
	} {
		got, err := parseVersion(out)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: version %q, %v; want %q", out, got, err, want)
		}
	}
}

func TestSnapshots(t *testing.T) {
	const head = "desc: (none)\ncmd: ./x\ntime_unit: i\n#-----------\nsnapshot=0\n#-----------\n"
	for text, want := range map[string]int64{
		head + "time=0\nmem_heap_B=0\nsnapshot=1\ntime=2349023\nmem_heap_B=0\n": 2349023,
		head + "time=7\n": 7,
		strings.Replace(head, "time_unit: i", "time_unit: ms", 1) + "time=7\n": -1,
		head: -1, "": -1, head + "time=many\n": -1,
	} {
		got, err := parseSnapshot(text)
		if (err == nil) != (want >= 0) || err == nil && got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
}

// A trial that gives no answer blames the load, too. A trial that was interrupted, or fails by itself, does not.
func TestTrialWithoutAnswer(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("no program sleep")
	}
	if _, err := try(t.Context(), time.Millisecond, sleep, "60"); err == nil || !strings.Contains(err.Error(), "too busy") {
		t.Errorf("%v, want an error that names the load", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, ctx := range []context.Context{ctx, t.Context()} {
		if _, err := try(ctx, time.Minute, sleep, "not a time"); err == nil || strings.Contains(err.Error(), "too busy") {
			t.Errorf("%v, want an error that does not name the load", err)
		}
	}
}

// Each broken valgrind is named with what to do, and none is used.
func TestFindNamesWhatIsMissing(t *testing.T) {
	for _, test := range []struct{ name, script, want string }{
		{"none", "", "apt-get install valgrind"},
		{"too old", "echo valgrind-3.10.0", "older than 3.13, the first that counts: apt-get install valgrind, or put a newer one"},
		{"another program", "echo hello", "not understood"},
		{"crashes", `[ "$1" = --version ] && echo valgrind-3.25.1 && exit; kill -SEGV $$`, "version 3.25.1 does not run here"},
		{"without massif", `[ "$1" = --version ] && echo valgrind-3.19.0 && exit; echo no tool >&2; exit 1`, "no tool"},
	} {
		bin := t.TempDir()
		if test.script != "" {
			if err := os.WriteFile(filepath.Join(bin, "valgrind"), []byte("#!/bin/sh\n"+test.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		program, err := exec.LookPath("true")
		if err != nil {
			t.Skip("no program true")
		}
		t.Setenv("PATH", bin+":"+filepath.Dir(program))
		if test.name == "none" && programIn(filepath.Dir(program), "valgrind") {
			t.Setenv("PATH", bin)
		}
		_, err = findValgrind(t.Context(), t.TempDir())
		if errors.Is(err, errElsewhere) {
			t.Skip(err)
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

func programIn(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

// Nothing is found when the time is over.
func TestFindStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if m, err := Find(ctx, t.TempDir()); err == nil && m.Name() != "the counters of the processor" {
		t.Errorf("found %s in no time", m.Name())
	}
}

// A mark that the process refuses, and a mark that writes nothing, are errors, and never the count of an earlier mark.
func TestMarksThatFail(t *testing.T) {
	s := &snapshots{filepath.Join(t.TempDir(), "massif.1")}
	if err := os.WriteFile(s.file, []byte("time_unit: i\ntime=5\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Total(func(string) error { return io.EOF }); !errors.Is(err, io.EOF) {
		t.Errorf("a refused mark counts %d, %v", n, err)
	}
	if n, err := s.Total(func(string) error { return nil }); err == nil {
		t.Errorf("a mark without a snapshot counts %d", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// valgrind puts itself in front of the command and passes everything on.
func TestValgrindPassesArguments(t *testing.T) {
	bin := t.TempDir()
	path := filepath.Join(bin, "valgrind")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho \"$@\"; cat\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	v := &valgrind{path: path, version: "3.19.0", temp: bin}
	cmd := exec.Command("/bin/echo", "a b", "-c")
	cmd.Stdin = strings.NewReader("input\n")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Start(cmd); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(bufio.NewReader(out))
	if err := errors.Join(err, cmd.Wait()); err != nil {
		t.Fatal(err)
	}
	if want := "/bin/echo a b -c\ninput\n"; !strings.HasSuffix(string(text), want) ||
		!strings.Contains(string(text), "--tool=massif --time-unit=i") {
		t.Errorf("ran valgrind with %q, want massif and %q", text, want)
	}
}
