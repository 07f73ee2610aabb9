package reach

import "strings"

// opening are the packages through which all Go code comes to files, programs and folders;
// everything else calls them. golang.org/x/sys/unix wraps package syscall. A variable of it refers
// to mmap, so without a place in this list each binary that links it would open files. An error on
// the safe side is to name too many: a benchmark that may open a file is measured, as the content
// of the file may have changed.
func opening(pkg string) bool {
	switch pkg {
	case "os", "os/exec", "os/signal", "os/user", "syscall", "path/filepath", "io/ioutil", "plugin", "go/parser",
		"golang.org/x/sys/unix":
		return true
	}
	return strings.HasPrefix(pkg, "internal/syscall/")
}

// openNothing are functions of these packages that open no file by its name: a file
// that they work on was opened by another function, or they only compute a name, or
// ask the kernel about the process or the machine. A name that ends in a dot stands for all methods
// of a type, or for a whole package. os.Getwd looks at folders and reads no file. What
// Stat tells of a file may differ between the sides, so Stat is not in the list.
var openNothing = []string{"os.(*File).", "os.(*PathError).", "os.(*SyscallError).", "os.(*LinkError).",
	"os.Exit", "os.Getenv", "os.LookupEnv", "os.Environ", "os.Setenv", "os.Unsetenv", "os.Clearenv", "os.Expand",
	"os.ExpandEnv", "os.Getpid", "os.Getppid", "os.Getuid", "os.Geteuid", "os.Getgid", "os.Getegid", "os.Getpagesize",
	"os.Getwd", "os.Hostname", "os.hostname", "os.TempDir", "os.Pipe", "os.IsNotExist", "os.IsExist", "os.IsPermission", "os.IsTimeout",
	"os.IsPathSeparator", "os.underlyingError", "os.NewSyscallError", "os.init", "os/signal.",
	"syscall.Errno.", "syscall.(*Errno).", "syscall.Signal.", "syscall.(*Signal).", "syscall.Getenv", "syscall.Getpid",
	"syscall.Getpagesize", "syscall.Getuid", "syscall.Kill", "syscall.Exit", "path/filepath.Join", "path/filepath.Base",
	"path/filepath.Dir", "path/filepath.Ext", "path/filepath.Clean", "path/filepath.Split", "path/filepath.SplitList",
	"path/filepath.ToSlash", "path/filepath.FromSlash", "path/filepath.IsAbs", "path/filepath.IsLocal",
	"path/filepath.Rel", "path/filepath.Abs", "path/filepath.Match", "path/filepath.VolumeName", "path/filepath.join",
	"golang.org/x/sys/unix.IoctlGetTermios", "golang.org/x/sys/unix.IoctlGetWinsize"}

// openersOf finds the functions of a program that open files, start programs or list folders. A
// function that is not known to be harmless is one of them, so a new one of a later Go release is
// safe. runtime.open can be reached by //go:linkname. The names are those of the old side. A
// function that only the new side has cannot be reached by equal code.
func openersOf(p *program) map[id]bool {
	openers := map[id]bool{}
	for k, o := range p.objects {
		if !opening(o.pkg) && !(o.std && o.pkg == "runtime") {
			continue
		}
		for i := range o.refs {
			s := o.symbol(i)
			if !isText(s) {
				continue
			}
			name := s.name()
			if !strings.HasPrefix(name, escaped(o.pkg)+".") { // such as slices.Sort, compiled for a type here
				continue
			}
			if o.pkg == "runtime" && name != "runtime.open" || opensNothing(name) {
				continue
			}
			openers[p.target[p.number(k, i)]] = true
		}
	}
	return openers
}

func opensNothing(name string) bool {
	for _, known := range openNothing {
		if name == known || strings.HasSuffix(known, ".") && strings.HasPrefix(name, known) {
			return true
		}
	}
	return false
}

// mayOpen reports whether a reference is one by which code opens files that it names itself.
// Packages of the standard library that the list of harmless ones has do so only for files of their
// own: the zone files of package time, or the profiles of package testing. So do the packages below
// crypto/internal, which open the random numbers of the kernel (/dev/urandom): every binary that links
// package crypto, as through net/http, does that in an init function. Inside of the packages
// that open files, and in the runtime, references do not count: their callers' references do. A
// call within these packages says nothing about the benchmark: package os calls itself everywhere.
func (w *walk) mayOpen(from, to id) bool {
	if w.openers == nil {
		return false
	}
	o := w.old.symbol(from).o
	if opening(o.pkg) || o.std && (strings.HasPrefix(o.pkg, "internal/") || strings.HasPrefix(o.pkg, "crypto/internal/") ||
		o.pkg == "runtime" ||
		strings.HasPrefix(o.pkg, "runtime/") || strings.HasPrefix(o.pkg, "testing/") || w.harmless(o.pkg)) {
		return false
	}
	if w.openers[to] {
		return true
	}
	// A function value is a symbol of its own, which any object may define first.
	if to == 0 || !w.old.defined(to) || !strings.HasSuffix(w.old.symbol(to).name(), "·f") {
		return false
	}
	_, functions, _, _, err := w.old.list(to)
	return err != nil || len(functions) > 0 && w.openers[functions[0]]
}
