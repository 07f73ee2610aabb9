//go:build unix

package child

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
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

// A child that died of what is sent to groups is asked about when the parent has heard of it too. The clock
// is the bubble's.
func TestSettle(t *testing.T) {
	for s, most := range map[syscall.Signal]time.Duration{
		syscall.SIGINT: time.Second, syscall.SIGTERM: time.Second, syscall.SIGKILL: 0,
	} {
		cmd, _ := started(t)
		if err := signal(cmd, s); err != nil {
			t.Fatal(err)
		}
		died := cmd.Wait()
		synctest.Test(t, func(t *testing.T) {
			for heard, want := range map[time.Duration]time.Duration{time.Millisecond: min(most, time.Millisecond), time.Hour: most} {
				ctx, cancel := context.WithTimeout(context.Background(), heard)
				began := time.Now()
				if Settle(ctx, died); time.Since(began) != want {
					t.Errorf("%v: it waited for %v, want %v", died, time.Since(began), want)
				}
				cancel()
			}
		})
	}
}
