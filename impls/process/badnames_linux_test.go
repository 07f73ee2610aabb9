package process_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/semabench/semabench/impls/process"
)

// A nameDir is a folder of files, fifos and sockets that a constructor may find under a name.
type nameDir struct {
	t   *testing.T
	dir string
}

func (n nameDir) path(name string) string { return filepath.Join(n.dir, name) }

func (n nameDir) write(name string, data []byte) string {
	must(n.t, os.WriteFile(n.path(name), data, 0o600))
	return n.path(name)
}

// oneOfEach makes a folder with one semaphore of each mechanism, of size 2.
func oneOfEach(t *testing.T) nameDir {
	n := nameDir{t, t.TempDir()}
	closeLater(t)(process.OpenSlots(n.path("slots"), 2))
	closeLater(t)(process.OpenSysV(n.path("sysv"), 2))
	t.Cleanup(func() { must(t, process.RemoveSysV(n.path("sysv"))) })
	closeLater(t)(process.ServeJobserver(n.path("fifo"), 2))
	closeLater(t)(process.ListenBroker(n.path("broker"), 2))
	return n
}

// OpenSlots refuses every file that is not a file of slots of the right size, boot and namespace.
// The error names the path and the fact.
func TestBadSlots(t *testing.T) {
	n := oneOfEach(t)
	whole := must2(os.ReadFile(n.path("slots")))
	changed := func(name string, at int) string {
		other := slices.Clone(whole)
		other[at] ^= 1
		return n.write(name, other)
	}
	mustFailToOpen(t, map[string]string{
		"slots " + n.path("slots") + " 2":                                    "this process has these slots already",
		"slots " + n.write("truncated", whole[:4096+8]) + " 2":               "truncated or damaged",
		"slots " + n.write("short", whole[:100]) + " 2":                      "truncated to 100 bytes",
		"slots " + n.write("empty", nil) + " 2":                              "not a file of slots: 0 bytes",
		"slots " + n.write("text", []byte(strings.Repeat("x", 5000))) + " 2": `begins with "xxxx`,
		"slots " + changed("boot", 32) + " 2":                                "earlier boot",
		"slots " + changed("pids", 72) + " 2":                                "another pid namespace",
		"slots " + changed("times", 80) + " 2":                               "another time namespace",
		"slots " + changed("size", 88) + " 2":                                "do not hold slots of size 3",
		"slots " + changed("version", 16) + " 2":                             "not a file of slots",
		"slots " + n.path("fifo") + " 2":                                     "not a file of slots but a fifo",
		"slots " + n.path("broker") + " 2":                                   "no such device or address",
		"slots " + n.path("sysv") + " 2":                                     "not a file of slots",
		"slots " + n.path("no/where") + " 2":                                 "no such file",
		"slots " + n.dir + " 2":                                              "is a directory",
		"slots " + n.path("slots") + " 99999999":                             "want 0 to 65536",
	})
}

// OpenSysV refuses every file that does not refer to a semaphore of this boot and namespace.
func TestBadSysV(t *testing.T) {
	n := oneOfEach(t)
	text := string(must2(os.ReadFile(n.path("sysv"))))
	edited := func(name, was, is string) string {
		return n.write(name, []byte(strings.Replace(text, was, is, 1)))
	}
	removed := n.path("removed")
	sem := must2(process.OpenSysV(removed, 1))
	was := must2(os.ReadFile(removed))
	must(t, errors.Join(sem.Close(), process.RemoveSysV(removed)))
	mustFailToOpen(t, map[string]string{
		"sysv " + n.path("sysv") + " 3":                   "of size 2, not 3",
		"sysv " + n.path("slots") + " 2":                  "no file of a System V semaphore",
		"sysv " + n.write("removed", was) + " 1":          "is gone, as by ipcrm(1); remove the file",
		"sysv " + n.path("fifo") + " 2":                   "no file of a System V semaphore but a fifo",
		"sysv " + n.path("broker") + " 2":                 "no file of a System V semaphore but a fifo",
		"sysv " + edited("cut", text[20:], "") + " 2":     "truncated",
		"sysv " + edited("ipc", "ipc ", "ipc 1") + " 2":   "another IPC namespace",
		"sysv " + n.path("x") + " 40000":                  "want 0 to 32767",
		"sysv " + edited("old", "boot ", "boot 0") + " 2": "earlier boot",
	})
}

// DialBroker and JoinJobserver refuse every path at which no server of their kind answers.
func TestBadServers(t *testing.T) {
	n := oneOfEach(t)
	foreign := must2(net.Listen("unix", n.path("foreign")))
	defer foreign.Close()
	go answerNonsense(foreign)
	must(t, unix.Mkfifo(n.path("left"), 0o600)) // a server that was killed leaves such a fifo
	mustFailToOpen(t, map[string]string{
		"broker " + n.path("broker") + " 3":   "of size 2, not 3",
		"broker " + n.path("none") + " 2":     "no broker answers there",
		"broker " + n.path("slots") + " 2":    "no broker answers there",
		"broker " + n.path("fifo") + " 2":     "no broker answers there",
		"broker " + n.path("foreign") + " 2":  "the peer is not a broker",
		"jobserver " + n.path("slots") + " 2": "not a fifo",
		"jobserver " + n.path("none") + " 2":  "no jobserver is there",
		"jobserver " + n.path("left") + " 2":  "no process serves it",
		"jobserver " + n.dir + " 2":           "not a fifo",
		"broker " + n.dir + " 2":              "no broker answers there",
	})
}

// mustFailToOpen opens each key. The error must contain the value, and the path that the key names.
func mustFailToOpen(t *testing.T, wants map[string]string) {
	t.Helper()
	for what, want := range wants {
		sem, err := openSpec(what)
		name := strings.Fields(what)[1]
		switch {
		case err == nil:
			t.Errorf("opening %s: no error, want one with %q", what, want)
			_ = sem.Close()
		case !strings.Contains(err.Error(), want):
			t.Errorf("opening %s: %v\nwant an error with %q", what, err, want)
		case !strings.Contains(err.Error(), name) && !strings.HasPrefix(want, "want"):
			t.Errorf("opening %s: %v\nwant an error with the path", what, err)
		}
	}
}

// A server refuses a path at which another server runs, or at which a killed server left its file.
func TestServersOnOneName(t *testing.T) {
	n := oneOfEach(t)
	killed := n.path("killed")
	l := must2(net.ListenUnix("unix", &net.UnixAddr{Name: killed, Net: "unix"}))
	l.SetUnlinkOnClose(false)
	must(t, l.Close())
	left := n.path("left")
	must(t, unix.Mkfifo(left, 0o600))
	for want, serve := range map[string]func() error{
		"no process serves it":   func() error { _, err := process.ServeJobserver(left, 1); return err },
		"file exists":            func() error { _, err := process.ServeJobserver(n.path("fifo"), 1); return err },
		"another broker":         func() error { _, err := process.ListenBroker(n.path("broker"), 1); return err },
		"no broker answers":      func() error { _, err := process.ListenBroker(n.path("slots"), 1); return err },
		"that was killed":        func() error { _, err := process.ListenBroker(killed, 1); return err },
		"size -1":                func() error { _, err := process.NewBroker(-1); return err },
		"jobserver of size 5000": func() error { _, err := process.NewJobserver(5000); return err },
	} {
		if err := serve(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("serving = %v, want an error with %q", err, want)
		}
	}
}

// answerNonsense answers each connection as an HTTP server would.
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

// must2 returns v and panics on an error. It is for fixtures, which have no testing.T at hand.
func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// OpenSlots refuses slots that another process made with another size. The slots must be open in a
// child process only: this process may not open the same slots twice.
func TestAnotherSize(t *testing.T) {
	s := newNamed(t, process.All()[0], 2)
	start(t, s.spec)
	_, err := openSpec(s.spec + "0")
	if err == nil || !strings.Contains(err.Error(), "slots of size 2, not 20") {
		t.Errorf("opening slots of size 2 as size 20: %v, want an error with both sizes", err)
	}
}

// A process without permission gets an error that names the path. Root may open everything, so
// under root the child becomes another user. Under any other user the parent removes its own
// permission.
func TestNoPermission(t *testing.T) {
	n := oneOfEach(t)
	for dir := n.dir; dir != os.TempDir(); dir = filepath.Dir(dir) {
		must(t, os.Chmod(dir, 0o755))
	}
	as := "nobody "
	if os.Getuid() != 0 {
		as = ""
	}
	for _, mechanism := range []string{"slots", "sysv", "jobserver", "broker"} {
		path := n.path(strings.Replace(mechanism, "jobserver", "fifo", 1))
		if as == "" {
			must(t, os.Chmod(path, 0))
		}
		c := tryStart(t, as+mechanism+" "+path+" 2")
		c.killed = true // the child exits with an error
		got := c.answer()
		if !strings.Contains(got, path) || !strings.Contains(got, "permission denied") {
			t.Errorf("%s of another user: %q, want the path and %q", mechanism, got, "permission denied")
		}
		must(t, os.Chmod(path, 0o600))
	}
}

// JoinJobserver refuses a MAKEFLAGS without a usable jobserver, and says why.
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
		_, err := process.JoinJobserver(flags)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("MAKEFLAGS=%q: %v, want an error with %q", flags, err, want)
		}
	}
}

// JoinJobserver refuses descriptors that are not the two ends of one pipe: a program in between may
// have closed them and opened other files.
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
		c.killed = true // the child exits with an error
		if got := c.answer(); !strings.Contains(got, want) {
			t.Errorf("joining: the child answers %q, want an error with %q", got, want)
		}
	}
}

// A full disk is an error that names the file, and leaves no file behind. The slots
// would otherwise end the process at the first access, by SIGBUS.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a mount needs root: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(dir, 0)) })
	n := nameDir{t, dir}
	if err := os.WriteFile(n.path("filler"), make([]byte, 1<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	for name, open := range map[string]func(string) error{
		"slots": func(path string) error { _, err := process.OpenSlots(path, 2); return err },
		"sysv":  func(path string) error { _, err := process.OpenSysV(path, 2); return err },
	} {
		err := open(n.path(name))
		if want := "process: " + n.path(name) + ": writing it: "; !errors.Is(err, unix.ENOSPC) ||
			!strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		if _, err := os.Lstat(n.path(name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the file is there: %v", name, err)
		}
	}
	must(t, os.Remove(n.path("filler")))
	closeLater(t)(process.OpenSlots(n.path("slots"), 2))
	closeLater(t)(process.OpenSysV(n.path("sysv"), 2))
	must(t, process.RemoveSysV(n.path("sysv")))
}
