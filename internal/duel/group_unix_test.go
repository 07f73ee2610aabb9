//go:build unix

package duel

import (
	"os/exec"
	"syscall"
	"testing"
)

// What is sent to our group, as Ctrl-C is, must not reach a benchmark.
func TestProcessesHaveAGroupOfTheirOwn(t *testing.T) {
	cmd := exec.Command("cat")
	end, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	apart(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	group, err := syscall.Getpgid(cmd.Process.Pid)
	if err != nil || group == syscall.Getpgrp() {
		t.Errorf("group %d, %v; ours is %d", group, err, syscall.Getpgrp())
	}
	if err := end.Close(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
