package process_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/process"
)

// Each name that is not what it should be gives an error that has the name and the fact.
func TestBadNames(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, data []byte) string {
		must(t, os.WriteFile(path(name), data, 0o600))
		return path(name)
	}
	goodSlots, goodSysV := path("slots"), path("sysv")
	closeLater(t)(process.OpenSlots(goodSlots, 2))
	closeLater(t)(process.OpenSysV(goodSysV, 2))
	defer func() { must(t, process.RemoveSysV(goodSysV)) }()
	slots := must2(os.ReadFile(goodSlots))
	fifo, socket := path("fifo"), path("socket")
	closeLater(t)(process.ServeJobserver(fifo, 2))
	closeLater(t)(process.ListenBroker(socket, 2))
	sysv := string(must2(os.ReadFile(goodSysV)))
	deadSysV := path("removed")
	dead, err := process.OpenSysV(deadSysV, 1)
	must(t, err)
	text := must2(os.ReadFile(deadSysV))
	must(t, errors.Join(dead.Close(), process.RemoveSysV(deadSysV)))
	write("removed", text)
	otherBoot := append([]byte(nil), slots...)
	copy(otherBoot[32:], "00000000")
	foreign := must2(net.Listen("unix", path("foreign")))
	defer foreign.Close()
	go answerNonsense(foreign)
	killedBroker := path("dead-broker")
	l := must2(net.ListenUnix("unix", &net.UnixAddr{Name: killedBroker, Net: "unix"}))
	l.SetUnlinkOnClose(false)
	must(t, l.Close())

	for _, c := range []struct {
		what string // for open
		want string
	}{
		{"slots " + goodSlots + " 2", "this process has these slots already"},
		{"slots " + write("truncated", slots[:4096+8]) + " 2", "truncated or damaged"},
		{"slots " + write("short", slots[:100]) + " 2", "truncated to 100 bytes"},
		{"slots " + write("empty", nil) + " 2", "not a file of slots: 0 bytes"},
		{"slots " + write("text", []byte(strings.Repeat("x", 5000))) + " 2", `begins with "xxxx`},
		{"slots " + write("boot", otherBoot) + " 2", "earlier boot"},
		{"slots " + goodSysV + " 2", "not a file of slots"},
		{"slots " + path("no/where") + " 2", "no such file"},
		{"slots " + goodSlots + " 99999999", "want 0 to 65536"},
		{"sysv " + goodSysV + " 3", "of size 2, not 3"},
		{"sysv " + goodSlots + " 2", "no file of a System V semaphore"},
		{"sysv " + write("old", []byte(strings.Replace(sysv, "boot ", "boot 0", 1))) + " 2", "earlier boot"},
		{"sysv " + deadSysV + " 1", "its semaphore is gone"},
		{"sysv " + path("x") + " 40000", "want 0 to 32767"},
		{"broker " + socket + " 3", "of size 2, not 3"},
		{"broker " + path("none") + " 2", "no broker answers there"},
		{"broker " + goodSlots + " 2", "no broker answers there"},
		{"broker " + path("foreign") + " 2", "who answers there is no broker"},
		{"jobserver " + goodSlots + " 2", "not a fifo"},
		{"jobserver " + path("none") + " 2", "no jobserver is there"},
	} {
		sem, err := open(c.what)
		name := strings.Fields(c.what)[1]
		switch {
		case err == nil:
			t.Errorf("%s: no error, want one of %q", c.what, c.want)
			_ = sem.Close()
		case !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v\nwant %q in it", c.what, err, c.want)
		case !strings.Contains(err.Error(), name) && !strings.Contains(c.want, "want 0"):
			t.Errorf("%s: %v\nwant the path in it", c.what, err)
		}
	}
	for what, serve := range map[string]func() error{
		"File exists":            func() error { _, err := process.ServeJobserver(fifo, 1); return err },
		"another broker":         func() error { _, err := process.ListenBroker(socket, 1); return err },
		"that was killed":        func() error { _, err := process.ListenBroker(killedBroker, 1); return err },
		"size -1":                func() error { _, err := process.NewBroker(-1); return err },
		"jobserver of size 5000": func() error { _, err := process.NewJobserver(5000); return err },
	} {
		if err := serve(); err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(what)) {
			t.Errorf("%v, want %q in it", err, what)
		}
	}
}

func answerNonsense(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		_ = conn.Close()
	}
}

// must2 is for fixtures.
func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A size that another process has chosen differently; this process may not have the same slots twice.
func TestAnotherSize(t *testing.T) {
	s := newSite(t, process.All()[0], 2)
	start(t, s.what)
	_, err := open(s.what + "0")
	if err == nil || !strings.Contains(err.Error(), "slots of size 2, not 20") {
		t.Errorf("%v, want that the size is 2", err)
	}
}

func TestNoPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	path := filepath.Join(t.TempDir(), "slots")
	s := must2(process.OpenSlots(path, 1))
	must(t, errors.Join(s.Close(), os.Chmod(path, 0)))
	if _, err := process.OpenSlots(path, 1); !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v, want the path and that it is forbidden", err)
	}
}

// What a waiter waits for is gone: it hears so.
func TestVanishedOwner(t *testing.T) {
	dir := t.TempDir()
	t.Run("broker", func(t *testing.T) {
		server, err := process.ListenBroker(filepath.Join(dir, "broker"), 1)
		must(t, err)
		sem := must2(process.DialBroker(filepath.Join(dir, "broker"), 1))
		defer sem.Close()
		hearsOfTheEnd(t, sem, "the broker is gone", func() { must(t, server.Close()) })
	})
	t.Run("fifo", func(t *testing.T) {
		path := filepath.Join(dir, "fifo")
		server, err := process.ServeJobserver(path, 1)
		must(t, err)
		sem := must2(joinAsGuest("--jobserver-auth=fifo:" + path))
		defer sem.Close()
		hearsOfTheEnd(t, sem, "removed its fifo", func() { must(t, server.Close()) })
	})
	t.Run("sysv", func(t *testing.T) {
		path := filepath.Join(dir, "sysv")
		sem := must2(process.OpenSysV(path, 1))
		defer sem.Close()
		hearsOfTheEnd(t, sem, "removed", func() { must(t, process.RemoveSysV(path)) })
	})
}

func hearsOfTheEnd(t *testing.T, sem process.Semaphore, fact string, end func()) {
	mustAcquire(t, sem, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	heard := make(chan error, 1)
	go func() { heard <- sem.Acquire(ctx, 1) }()
	end()
	var broken *process.Broken
	if err := <-heard; !errors.As(err, &broken) || !strings.Contains(err.Error(), fact) {
		t.Fatalf("a waiter heard %v, want that %s", err, fact)
	}
	if sem.TryAcquire(1) {
		t.Error("TryAcquire = true on what is gone")
	}
	if err := sem.Acquire(ctx, 1); !errors.As(err, &broken) {
		t.Errorf("Acquire afterwards = %v, want an error that says what is gone", err)
	}
	sem.Release(1) // is no over-release
}

func TestMakeflags(t *testing.T) {
	for flags, want := range map[string]string{
		"":                                  "names no jobserver",
		"-j4":                               "names no jobserver",
		"--jobserver-auth=3":                "neither R,W nor fifo:PATH",
		"--jobserver-auth=":                 "neither R,W nor fifo:PATH",
		"--jobserver-auth=a,b":              "neither R,W nor fifo:PATH",
		"--jobserver-auth=fifo:":            "neither R,W nor fifo:PATH",
		"--jobserver-auth=-2,-2":            "make keeps its jobserver from this command",
		"-j --jobserver-auth=1000,1001":     "not open",
		"-j -- X=--jobserver-auth=fifo:/x":  "names no jobserver",
		"--jobserver-auth=fifo:/does/not/x": "no jobserver is there",
	} {
		if _, err := process.JoinJobserver(flags); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("MAKEFLAGS=%q: %v, want %q in it", flags, err, want)
		}
	}
}

// Descriptors that MAKEFLAGS names may be anything by now.
func TestDescriptorsThatAreNoPipe(t *testing.T) {
	null := must2(os.Open(os.DevNull))
	defer null.Close()
	r, w, err := os.Pipe()
	must(t, err)
	defer func() { _, _ = r.Close(), w.Close() }()
	r2, w2, err := os.Pipe()
	must(t, err)
	defer func() { _, _ = r2.Close(), w2.Close() }()
	for want, files := range map[string][]*os.File{
		"not a pipe":                      {null, null},
		"the wrong end of a pipe":         {w, r},
		"the ends of two different pipes": {r, w2},
	} {
		c := tryStart(t, "jobserver-fd 2", files...)
		c.killed = true // it ends with an error
		if got := c.answer(); !strings.Contains(got, want) {
			t.Errorf("%s: a child says %q", want, got)
		}
	}
}

// needs fails where CI should have installed a program, and skips elsewhere.
func needs(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed: %v", program, err)
	}
	if err != nil {
		t.Skipf("%s is not installed", program)
	}
	return path
}
