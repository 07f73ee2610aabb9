package instructions

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/semabench/semabench/internal/machine"
	"time"

	"github.com/semabench/semabench/internal/child"
)

// Install is the command that adds valgrind where apt-get is used.
const Install = "apt-get install valgrind"

// A valgrind counts by running a process under massif.
type valgrind struct {
	path, version string
	temp          string
	processes     atomic.Int64 // names the snapshots, which may be written at the same time
}

// oldest is the first version that is known to work: it has massif with requests from the process
// itself, and knows the system calls of the Go runtime.
var oldest = [2]int{3, 13}

// findValgrind looks for valgrind and tries it. A version alone proves little: a distribution may
// leave massif out, and a container may forbid what valgrind needs.
func findValgrind(ctx context.Context, temp string) (Meter, error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		// The request from inside the process is written in assembly, for one processor.
		return nil, fmt.Errorf("%w: it is used on linux/amd64", errElsewhere)
	}
	path, err := exec.LookPath("valgrind")
	if err != nil {
		return nil, fmt.Errorf("it is not installed: %s", Install)
	}
	out, err := try(ctx, patience, path, "--version")
	if err != nil {
		return nil, err
	}
	v := &valgrind{path: path, temp: temp}
	if v.version, err = parseVersion(out); err != nil {
		return nil, err
	}
	program, err := exec.LookPath("true")
	if err != nil {
		return nil, err
	}
	if _, err := try(ctx, patience, path, append(v.flags(), program)...); err != nil {
		return nil, fmt.Errorf("version %s does not run here: %w", v.version, err)
	}
	return v, nil
}

// patience is how long a trial may take. It takes half a second on a quiet machine. Where it takes 20 s, a row takes
// minutes, and counting would use up the time of the pairs.
const patience = 20 * time.Second

// try runs a command. A command that gives no answer in time says nothing about valgrind, so the error does
// not blame it alone.
func try(ctx context.Context, limit time.Duration, path string, args ...string) (string, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, err := child.Output(limited, "", nil, path, args...)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return "", fmt.Errorf("%s gave no answer in %v: the machine is too busy for it now, or it hangs", path, limit)
	}
	return out, err
}

var versionLine = regexp.MustCompile(`^valgrind-((\d+)\.(\d+)\S*)`)

// parseVersion reads the output of valgrind --version, as in valgrind-3.19.0.
func parseVersion(out string) (string, error) {
	found := versionLine.FindStringSubmatch(out)
	if found == nil {
		return "", fmt.Errorf("its version is not understood: %.60q", out)
	}
	major, _ := strconv.Atoi(found[2]) // digits; a number too large for an int is recent enough
	minor, _ := strconv.Atoi(found[3])
	if major < oldest[0] || major == oldest[0] && minor < oldest[1] {
		return "", fmt.Errorf("version %s is older than %d.%d, the first that counts: %s, or put a newer one first in PATH",
			found[1], oldest[0], oldest[1], Install)
	}
	return found[1], nil
}

// flags are the flags before the program. With -q valgrind itself prints nothing. Without vgdb it
// makes no pipes in /tmp. Code that changes itself need not be looked for: a Go program has none.
func (v *valgrind) flags() []string {
	return []string{"-q", "--tool=massif", "--time-unit=i", "--depth=1", "--max-snapshots=10", "--vgdb=no",
		"--smc-check=none", "--massif-out-file=" + os.DevNull}
}

// Name implements Meter.
func (v *valgrind) Name() string { return "valgrind " + v.version }

// Start implements Meter. It puts valgrind in front of the command, and gives it a core before other processes.
// Counts do not need that, but on a busy machine they took a minute for a row that takes seconds, and a limit of
// time has to leave some for the times.
func (v *valgrind) Start(cmd *exec.Cmd) (Count, error) {
	if cmd.Err != nil {
		return nil, cmd.Err
	}
	cmd.Args = append(append([]string{v.path}, v.flags()...), append([]string{cmd.Path}, cmd.Args[1:]...)...)
	cmd.Path = v.path
	file := filepath.Join(v.temp, fmt.Sprintf("massif.%d", v.processes.Add(1)))
	return &snapshots{file}, machine.StartFirst(cmd)
}

// snapshots is the Count of a process under massif.
type snapshots struct{ file string }

// Total implements Count. The file is removed first, so that the total of an earlier request cannot
// be taken for the new one.
func (s *snapshots) Total(mark func(path string) error) (int64, error) {
	if err := os.Remove(s.file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	if err := mark(s.file); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(s.file)
	if err != nil {
		return 0, fmt.Errorf("valgrind wrote no snapshot: %w", err)
	}
	return parseSnapshot(string(text))
}

// Close implements Count.
func (s *snapshots) Close() error {
	if err := os.Remove(s.file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// parseSnapshot returns the time of the last snapshot in a file of massif. The unit must be
// instructions: massif also knows milliseconds and bytes.
func parseSnapshot(text string) (int64, error) {
	if !strings.Contains(text, "\ntime_unit: i\n") {
		return 0, fmt.Errorf("valgrind's snapshot does not count instructions: %.200q", text)
	}
	at := strings.LastIndex(text, "\ntime=")
	if at < 0 {
		return 0, fmt.Errorf("valgrind's snapshot has no count: %.200q", text)
	}
	line, _, _ := strings.Cut(text[at+len("\ntime="):], "\n")
	return strconv.ParseInt(line, 10, 64)
}
