package machine

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/internal/excerpt"
)

// cpuinfo returns the value of a key of the first processor in /proc/cpuinfo, or unknown.
func cpuinfo(key string) string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return unknown
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if k, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(k) == key {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

// virtualised reports whether a hypervisor runs this system. It knows only x86, where a flag of the
// processor says so.
func virtualised(flags string) string {
	switch {
	case runtime.GOARCH != "amd64" && runtime.GOARCH != "386", flags == unknown:
		return unknown
	case slices.Contains(strings.Fields(flags), "hypervisor"):
		return "yes"
	}
	return "no"
}

// aslr combines the setting of the system with the personality of this process: setarch -R exempts
// a process and its children from the randomisation. Addresses change how code and data share cache
// lines, so figures with and without it are kept apart.
func aslr(system, personality string) string {
	const noRandomize = 0x0040000
	own, err := strconv.ParseUint(personality, 16, 64)
	switch {
	case err == nil && own&noRandomize != 0, system == "0":
		return "off"
	case system == "1":
		return "partial"
	case system == "2":
		return "full"
	}
	return unknown
}

// quota returns how many processors the control groups of this process allow: the least quota of
// its group and of all groups above. GOMAXPROCS does not show the quota, because the Go runtime
// rounds it up, to 2 at least. root is the root of the file system. The least quota counts, because
// a group cannot use more than the groups above it allow.
func quota(root fs.FS) string {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return unknown
	}
	least := 0.0
	for line := range strings.Lines(string(groups)) {
		field := strings.SplitN(strings.TrimSpace(line), ":", 3) // id:controllers:path
		if len(field) != 3 {
			continue
		}
		limit := limitV2
		switch {
		case slices.Contains(strings.Split(field[1], ","), "cpu"):
			limit = limitV1
		case field[0] != "0":
			continue
		}
		for group := path.Clean(field[2]); ; group = path.Dir(group) {
			if cpus, ok := limit(root, group); ok && (least == 0 || cpus < least) {
				least = cpus
			}
			if group == "/" || group == "." {
				break
			}
		}
	}
	if least == 0 {
		return "none"
	}
	return strconv.FormatFloat(least, 'g', 4, 64)
}

// limitV2 reads the quota of a group in a hierarchy of version 2, and limitV1 reads the quota of a
// group in a hierarchy of version 1.
func limitV2(root fs.FS, group string) (cpus float64, ok bool) {
	text, _ := fs.ReadFile(root, path.Join("sys/fs/cgroup", group, "cpu.max"))
	var most, period float64
	n, _ := fmt.Sscan(string(text), &most, &period) // fails at "max", which means no limit
	return most / period, n == 2 && period > 0
}

func limitV1(root fs.FS, group string) (cpus float64, ok bool) {
	dir := path.Join("sys/fs/cgroup/cpu", group)
	text, _ := fs.ReadFile(root, path.Join(dir, "cpu.cfs_quota_us"))
	of, _ := fs.ReadFile(root, path.Join(dir, "cpu.cfs_period_us"))
	var most, period float64
	n, _ := fmt.Sscan(string(text)+" "+string(of), &most, &period)
	return most / period, n == 2 && most > 0 && period > 0 // -1 means no limit
}

// settings returns how the running binary was built: the level of the instruction set, and the
// other settings that change its instructions. Linker flags change only where they lie. Settings
// that do not change instructions are left out. Otherwise figures would not be compared that are
// equal in all that matters.
func settings() (level, build string) {
	level = unknown
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return level, unknown
	}
	var all []string
	for _, s := range info.Settings {
		switch s.Key {
		case "GO" + strings.ToUpper(runtime.GOARCH):
			level = s.Value
		case "-pgo":
			all = append(all, s.Key+"="+filepath.Base(s.Value)) // the folder depends on the checkout
		case "-race", "-msan", "-asan", "-cover", "-gcflags", "-asmflags", "-tags", "GOEXPERIMENT",
			"DefaultGODEBUG":
			all = append(all, s.Key+"="+s.Value)
		}
	}
	if all == nil {
		return level, "default"
	}
	return level, strings.Join(all, " ")
}

// tuning returns the environment variables that change how the Go runtime behaves. GOMAXPROCS is
// not among them: it has a line of its own. Unset variables are left out, so that an empty list is
// “default” on every machine.
func tuning(getenv func(string) string) string {
	var set []string
	for _, name := range []string{"GODEBUG", "GOGC", "GOMEMLIMIT"} {
		if value := getenv(name); value != "" {
			set = append(set, name+"="+value)
		}
	}
	if set == nil {
		return "default"
	}
	return strings.Join(set, " ")
}

// firstLine returns the first line of a file, or unknown if the file is empty or cannot be read.
func firstLine(name string) string {
	text, err := os.ReadFile(name)
	if line := excerpt.Line(string(text)); err == nil && line != "" {
		return line
	}
	return unknown
}

// unknown stands for a fact that cannot be read here. Two unknown facts are equal, so a text can be resumed on the
// system that it came from.
const unknown = "unknown"
