package machine

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// The child has the priority that Priority returns, and this process keeps its own. Without a call of
// RaisePriority the child has the priority of this process.
func TestPriority(t *testing.T) {
	t.Run("not wanted", testPriority)
	RaisePriority(true)
	defer RaisePriority(false)
	t.Run("wanted", testPriority)
}

func testPriority(t *testing.T) {
	cmd := exec.Command("cat")
	end, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := StartFirst(cmd); err != nil {
		t.Fatal(err)
	}
	ours, want := nice(t, 0), highest // of this thread
	if mayRaise() != nil {
		want = ours
	}
	if got := nice(t, cmd.Process.Pid); got != want {
		t.Errorf("priority %d, want %d (%s)", got, want, Priority())
	}
	if why := "not raised: -priority was not given"; !wanted.Load() && Priority() != why {
		t.Errorf("Priority() = %q, want %q", Priority(), why)
	}
	if want != highest && !strings.HasPrefix(Priority(), "not raised: ") {
		t.Errorf("Priority() = %q for a priority of %d", Priority(), want)
	}
	group, err := os.ReadFile(fmt.Sprintf("/proc/%d/autogroup", cmd.Process.Pid))
	if err == nil && want != ours && !strings.HasSuffix(strings.TrimSpace(string(group)),
		fmt.Sprint("nice ", want)) {
		t.Errorf("the session is %s", group)
	}
	if err := end.Close(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func nice(t *testing.T, pid int) int {
	t.Helper()
	raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, pid)
	if err != nil {
		t.Fatal(err)
	}
	return 20 - raw // the system call shifts the value so that it is never negative
}
