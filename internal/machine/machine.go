// Package machine reads what a benchmark figure depends on besides the code: processor, kernel, Go
// version, commit.
//
//	machine.Read().WriteTo(w) // configuration lines of benchmark text
//
//	watch := machine.StartWatch()
//	measure()
//	noise := watch.Noise()
//
// The facts are configuration lines, so that figures of different machines are not compared by
// mistake. Facts do not change while a benchmark runs. Noise does: see [Watch].
//
// # What this does not show
//
// A fact that cannot be read is "unknown". Processor frequency, temperature and the neighbours on a
// shared host are no facts here: they change within a second.
package machine

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/semabench/semabench/internal/benchkey"
	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/excerpt"
)

// Facts are strings as they appear in benchmark text.
type Facts struct {
	GOOS, GOARCH string
	CPU          string // model name
	CPUs         int    // processors that this process may use
	Kernel       string // release
	Governor     string // of the frequency of the first processor
	Virtualised  string // yes or no
	CPUQuota     string // processors that the control group allows, or none
	ASLR         string // full, partial or off
	Go           string // version
	Level        string // of the instruction set, as in GOAMD64
	Build        string // flags and experiments that change the code, or default
	Runtime      string // environment variables that change the Go runtime, or default
	GOMAXPROCS   int    // 0 leaves the line out
	Commit       string // of the running code; ends in "+dirty" after a local change; see head
}

// Read returns the facts of this process. On Linux it starts no process if go build made the
// binary; otherwise commit asks go and git.
func Read() Facts {
	level, build := settings()
	return Facts{
		GOOS:        runtime.GOOS,
		GOARCH:      runtime.GOARCH,
		CPU:         cpuinfo("model name"),
		CPUs:        runtime.NumCPU(),
		Kernel:      kernel(),
		Governor:    firstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
		Virtualised: virtualised(cpuinfo("flags")),
		CPUQuota:    quota(os.DirFS("/")),
		ASLR: aslr(firstLine("/proc/sys/kernel/randomize_va_space"),
			firstLine("/proc/self/personality")),
		Go:         runtime.Version(),
		Level:      level,
		Build:      build,
		Runtime:    tuning(os.Getenv),
		GOMAXPROCS: runtime.GOMAXPROCS(0),
		Commit:     commit(),
	}
}

// WriteTo writes the facts as configuration lines, without goos and goarch, which `go test` prints.
// The order of the lines is fixed, so two texts of one machine begin alike.
func (f Facts) WriteTo(w io.Writer) (int64, error) {
	var text strings.Builder
	for _, line := range []struct{ key, value string }{
		{benchkey.CPU, f.CPU},
		{benchkey.CPUs, fmt.Sprint(f.CPUs)},
		{benchkey.Governor, f.Governor},
		{benchkey.Virtualised, f.Virtualised},
		{benchkey.CPUQuota, f.CPUQuota},
		{benchkey.Kernel, f.Kernel},
		{benchkey.ASLR, f.ASLR},
		{benchkey.Go, f.Go},
		{benchkey.Level(f.GOARCH), f.Level},
		{benchkey.Build, f.Build},
		{benchkey.GoRuntime, f.Runtime},
		{benchkey.Commit, f.Commit},
	} {
		fmt.Fprintf(&text, "%s: %s\n", line.key, line.value)
	}
	if f.GOMAXPROCS > 0 {
		fmt.Fprintf(&text, "%s: %d\n", benchkey.GOMAXPROCS, f.GOMAXPROCS)
	}
	n, err := io.WriteString(w, text.String())
	return int64(n), err
}

// kernel returns the release of the kernel. It reads a file on Linux, and asks uname elsewhere.
func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return output("uname", "-r")
	}
	return strings.TrimSpace(string(release))
}

// commit returns the commit of the running code. The binary has it if `go build` made it. A test
// binary and a binary of `go run` do not have it. If the working directory is in the module that
// they were built from, git has it; in any other folder the commit there would be the wrong one.
func commit() string {
	if rev := stamped(); rev != "" {
		return rev
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || output("go", "list", "-m") != info.Main.Path {
		return unknown
	}
	return head()
}

// head returns the commit of the repository around the working directory. If git cannot say whether
// the tree has changed, as after the index was damaged, the commit ends in "+unknown": a plain
// commit would claim that the code can be had again.
func head() string {
	rev := output("git", "rev-parse", "--short=12", "HEAD")
	if rev == unknown {
		return unknown
	}
	changes, err := child.Output(context.Background(), "", nil, "git", "status", "--porcelain")
	switch {
	case err != nil:
		return rev + "+" + unknown
	case changes != "":
		return rev + "+dirty"
	}
	return rev
}

// stamped returns the commit or the version that `go build` recorded in the binary, or "".
func stamped() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var rev, dirty string // go build records both or none
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if rev == "" && info.Main.Version != "(devel)" {
		return info.Main.Version // installed from the module proxy
	}
	return rev + dirty
}

// output returns the first line that a command prints, or unknown if it fails or prints nothing. It
// has no ctx: the commands end by themselves, and none of them waits for anything.
func output(name string, args ...string) string {
	out, err := child.Output(context.Background(), "", nil, name, args...)
	if line := excerpt.Line(out); err == nil && line != "" {
		return line
	}
	return unknown
}
