//go:build unix

package child

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// started starts a shell that starts another one, and returns their standard output, which ends when both
// have.
func started(t *testing.T) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command("sh", "-c", `sh -c "echo ready; sleep 1000; true"; true`)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	Apart(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	if line, err := said.ReadString('\n'); line != "ready\n" {
		t.Fatalf("it said %q, %v", line, err)
	}
	return cmd, said
}

// What is sent to our group, as Ctrl-C is, must not reach it.
func TestApart(t *testing.T) {
	cmd, _ := started(t)
	group, err := syscall.Getpgid(cmd.Process.Pid)
	if err != nil || group == syscall.Getpgrp() {
		t.Errorf("group %d, %v; ours is %d", group, err, syscall.Getpgrp())
	}
	if err := Kill(cmd); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // which says that it was killed
}

// Both reach what the child has started, or reading would not end.
func TestInterruptAndKillReachTheGroup(t *testing.T) {
	for name, send := range map[string]func(*exec.Cmd) error{"Interrupt": Interrupt, "Kill": Kill} {
		cmd, said := started(t)
		if err := send(cmd); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := io.ReadAll(said); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := cmd.Wait(); err == nil {
			t.Errorf("%s: the child ended well", name)
		}
		if err := send(cmd); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("%s of what has ended: %v", name, err)
		}
	}
}
