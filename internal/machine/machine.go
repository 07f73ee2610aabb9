// Package machine reads what a benchmark figure depends on besides the code: processor, kernel,
// Go version, commit. It goes into benchmark text as configuration lines, so that figures of
// different machines are not compared by mistake. None of them changes while a benchmark runs; what
// does is noise: see [Watch].
package machine

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
)

// Facts are strings as they appear in benchmark text. What cannot be read is "unknown".
type Facts struct {
	GOOS, GOARCH string
	CPU          string // model name
	CPUs         int    // that this process may use
	Kernel       string // release
	Governor     string // of the first processor's frequency
	Virtualised  string // yes or no
	CPUQuota     string // processors that the control group may use, or none
	ASLR         string // full, partial or off
	Go           string // version
	Level        string // of the instruction set: GOAMD64 and its like
	Build        string // flags and experiments that change the code, or default
	Runtime      string // environment variables that change the Go runtime, or default
	GOMAXPROCS   int    // 0 if there is none to speak of
	Commit       string // of the running code; ends in "+dirty" if it was changed since
}

// Read returns the facts of this process.
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

// WriteTo writes the facts that `go test` does not print itself as configuration lines.
func (f Facts) WriteTo(w io.Writer) (int64, error) {
	var text strings.Builder
	for _, line := range []struct{ key, value string }{
		{"cpu", f.CPU},
		{"cpus", fmt.Sprint(f.CPUs)},
		{"governor", f.Governor},
		{"virtualised", f.Virtualised},
		{"cpu-quota", f.CPUQuota},
		{"kernel", f.Kernel},
		{"aslr", f.ASLR},
		{"go", f.Go},
		{"go" + f.GOARCH, f.Level},
		{"build", f.Build},
		{"go-runtime", f.Runtime},
		{"commit", f.Commit},
	} {
		fmt.Fprintf(&text, "%s: %s\n", line.key, line.value)
	}
	if f.GOMAXPROCS > 0 {
		fmt.Fprintf(&text, "gomaxprocs: %d\n", f.GOMAXPROCS)
	}
	n, err := io.WriteString(w, text.String())
	return int64(n), err
}

const unknown = "unknown"

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return output("uname", "-r")
	}
	return strings.TrimSpace(string(release))
}

// commit prefers what the binary says of itself. Test binaries and those of `go run` say nothing;
// if they run in the module that they are built of, git knows.
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

// head returns the commit of the repository of the working directory.
func head() string {
	rev := output("git", "rev-parse", "--short=12", "HEAD")
	if rev != unknown && output("git", "status", "--porcelain") != unknown {
		rev += "+dirty"
	}
	return rev
}

func stamped() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var rev, dirty string // dirty comes with rev or not at all
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

// output returns the first line that a command prints, or unknown if it fails or prints nothing.
func output(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if err != nil || line == "" {
		return unknown
	}
	return line
}
