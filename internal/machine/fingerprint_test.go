package machine

import (
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

func TestQuota(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"not Linux": {nil, unknown},
		"v2, none":  {map[string]string{"proc/self/cgroup": "0::/\n"}, "none"},
		"v2, unlimited": {map[string]string{
			"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}, "none"},
		"v2, the least of two": {map[string]string{
			"proc/self/cgroup":          "0::/a/b\n",
			"sys/fs/cgroup/a/b/cpu.max": "400000 100000\n",
			"sys/fs/cgroup/a/cpu.max":   "150000 100000\n"}, "1.5"},
		"v1": {map[string]string{
			"proc/self/cgroup":                        "2:cpu,cpuacct:/a\n0::/\n",
			"sys/fs/cgroup/cpu/a/cpu.cfs_quota_us":    "50000\n",
			"sys/fs/cgroup/cpu/a/cpu.cfs_period_us":   "100000\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":      "-1\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us":     "100000\n",
			"sys/fs/cgroup/memory/a/memory.limit_hit": "0\n"}, "0.5"},
	} {
		root := fstest.MapFS{}
		for path, text := range test.files {
			root[path] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := quota(root); got != test.want {
			t.Errorf("%s: quota = %q, want %q", name, got, test.want)
		}
	}
}

func TestASLR(t *testing.T) {
	for _, test := range []struct{ system, personality, want string }{
		{"2", "00000000", "full"}, {"1", "00000000", "partial"}, {"0", "00000000", "off"},
		{"2", "00040000", "off"}, {"2", unknown, "full"}, {unknown, unknown, unknown},
	} {
		if got := aslr(test.system, test.personality); got != test.want {
			t.Errorf("aslr(%q, %q) = %q, want %q", test.system, test.personality, got, test.want)
		}
	}
}

func TestVirtualised(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the flag is one of x86")
	}
	for flags, want := range map[string]string{
		"fpu hypervisor sse": "yes", "fpu sse": "no", unknown: unknown,
	} {
		if got := virtualised(flags); got != want {
			t.Errorf("virtualised(%q) = %q, want %q", flags, got, want)
		}
	}
}

// GOGC=off changes what the same code does, so it belongs to the tuning. HOME changes nothing.
// Linker flags change no instruction, so the settings leave them out.
func TestTuningAndSettings(t *testing.T) {
	env := map[string]string{"GOGC": "off", "HOME": "/root"}
	if got := tuning(func(name string) string { return env[name] }); got != "GOGC=off" {
		t.Errorf("tuning = %q, want GOGC=off", got)
	}
	if got := tuning(func(string) string { return "" }); got != "default" {
		t.Errorf("tuning of nothing = %q, want default", got)
	}
	level, build := settings()
	if level == unknown || strings.Contains(build, "-ldflags") {
		t.Errorf("settings = %q, %q, want a level and no linker flags", level, build)
	}
}
