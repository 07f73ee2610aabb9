package machine

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestFactsAreConfigurationLines(t *testing.T) {
	var out strings.Builder
	if _, err := Read().WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		key, value, ok := strings.Cut(line, ": ")
		if !ok || key != strings.ToLower(key) || strings.TrimSpace(value) == "" {
			t.Errorf("%q is not a configuration line", line)
		}
	}
	if runtime.GOOS == "linux" && Read().Kernel == unknown {
		t.Error("kernel is unknown on Linux")
	}
}

// The commit of a folder counts only if the folder belongs to the module of this binary.
func TestCommitIsOfThisModule(t *testing.T) {
	if got := commit(); got != head() {
		t.Errorf("commit in this module = %q, want %q", got, head())
	}
	t.Chdir(t.TempDir())
	if got := commit(); got != unknown {
		t.Errorf("commit elsewhere = %q, want %q", got, unknown)
	}
}

func TestCommitOfFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if got := head(); got != unknown {
		t.Fatalf("commit outside of a repository = %q, want %q", got, unknown)
	}
	git := func(args ...string) {
		t.Helper()
		args = append([]string{"-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	git("commit", "-q", "--allow-empty", "-m", "empty")
	clean := head()
	if len(clean) != 12 {
		t.Errorf("commit = %q, want 12 digits", clean)
	}
	if err := os.WriteFile("new", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if got, want := head(), clean+"+dirty"; got != want {
		t.Errorf("commit = %q, want %q", got, want)
	}
	if err := os.WriteFile(".git/index", []byte("damaged"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got, want := head(), clean+"+unknown"; got != want {
		t.Errorf("commit with a damaged index = %q, want %q", got, want)
	}
}
