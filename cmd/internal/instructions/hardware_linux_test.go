package instructions

import (
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// The child has executed nothing when the counter is attached, and goes on afterwards.
func TestStartStopped(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "echo done")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	pid := 0
	if err := startStopped(cmd, func(p int) error { pid = p; return nil }); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(out)
	if err = errors.Join(err, cmd.Wait()); err != nil || string(text) != "done\n" || pid != cmd.Process.Pid {
		t.Errorf("process %d (attached to %d) says %q, %v", cmd.Process.Pid, pid, text, err)
	}
}

// A process whose counter cannot be opened does not run uncounted.
func TestStartStoppedFails(t *testing.T) {
	refused := errors.New("refused")
	cmd := exec.Command("/bin/sh", "-c", "echo done")
	var text strings.Builder
	cmd.Stdout = &text
	if err := startStopped(cmd, func(int) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("error %v, want that of the counter", err)
	}
	if text.String() != "" || cmd.ProcessState == nil {
		t.Errorf("the process said %q, and its state is %v", text.String(), cmd.ProcessState)
	}
}

// Where there are counters, a loop of a known length is counted, and its double costs twice as much.
func TestHardware(t *testing.T) {
	m, err := findHardware()
	if err != nil {
		t.Skip("no counters here: ", err)
	}
	count := func(loops string) int64 {
		cmd := exec.Command("/bin/sh", "-c", "i=0; while [ $i -lt "+loops+" ]; do i=$((i+1)); done; echo; read x")
		in, inErr := cmd.StdinPipe()
		out, outErr := cmd.StdoutPipe()
		if err := errors.Join(inErr, outErr); err != nil {
			t.Fatal(err)
		}
		c, err := m.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		n, err := c.Total(nil)
		if err := errors.Join(err, in.Close()); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // read fails at the end of its input
		return n
	}
	none, once, twice := count("0"), count("20000"), count("40000")
	if ratio := float64(twice-none) / float64(once-none); ratio < 1.9 || ratio > 2.1 {
		t.Errorf("%d, %d and %d instructions: twice the loops cost %.3f times as much", none, once, twice, ratio)
	}
}
