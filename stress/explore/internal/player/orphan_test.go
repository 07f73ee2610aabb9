package player

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/wire"
)

// A player whose parent died while the player started ends, too, although the system names another
// process as its parent from the first moment on. Without that it plays its first schedule to the end.
func TestOrphanFromTheStart(t *testing.T) {
	if os.Getenv(wire.ParentVar) != "" {
		readRequests(make(chan incoming)) // returns never; an orphan ends with 1
	}
	ended := exec.Command(os.Args[0], "-test.run=^$")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	player := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOrphanFromTheStart$",
		"-test.timeout=1m")
	player.Env = append(os.Environ(), wire.ParentVar+"="+strconv.Itoa(ended.Process.Pid))
	err := player.Run() // no input: the read meets the end at once
	var failed *exec.ExitError
	if !errors.As(err, &failed) || failed.ExitCode() != 1 {
		t.Errorf("the player ended with %v, want exit status 1", err)
	}
}
