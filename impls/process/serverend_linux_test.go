package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/process"
)

// A waiter gets an error when its server ends, or the semaphore is removed.
func TestServerEnds(t *testing.T) {
	dir := t.TempDir()
	t.Run("broker", func(t *testing.T) {
		server, err := process.ListenBroker(filepath.Join(dir, "broker"), 1)
		must(t, err)
		sem := must2(process.DialBroker(filepath.Join(dir, "broker"), 1))
		defer sem.Close()
		mustReportEnd(t, sem, "the broker is gone", func() { must(t, server.Close()) })
	})
	t.Run("fifo", func(t *testing.T) {
		path := filepath.Join(dir, "fifo")
		server, err := process.ServeJobserver(path, 1)
		must(t, err)
		sem := must2(joinWithPermit("--jobserver-auth=fifo:" + path))
		defer sem.Close()
		mustReportEnd(t, sem, "removed its fifo", func() { must(t, server.Close()) })
	})
	t.Run("sysv", func(t *testing.T) {
		path := filepath.Join(dir, "sysv")
		sem := must2(process.OpenSysV(path, 1))
		defer sem.Close()
		mustReportEnd(t, sem, "removed", func() { must(t, process.RemoveSysV(path)) })
	})
}

// A waiter gets an error when its server, another process, is killed.
func TestKilledServer(t *testing.T) {
	for _, mechanism := range []string{"broker", "jobserver"} {
		t.Run(mechanism, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), mechanism)
			server := start(t, mechanism+"-server "+path+" 1")
			sem := must2(openSpec(mechanism + " " + path + " 1"))
			defer sem.Close()
			mustReportEnd(t, sem, map[string]string{
				"broker":    "the broker is gone",
				"jobserver": "the server has ended, or closed it",
			}[mechanism], server.kill)
		})
	}
}

// A waiting client gets an error when its server closes the pipe and lives on, although the client
// itself has the pipe open.
func TestServerClosesItsPipe(t *testing.T) {
	sem := must2(process.NewJobserver(1))
	files := must2(sem.Files())
	client := start(t, "jobserver-fd 1", files...)
	for _, f := range files {
		must(t, f.Close())
	}
	client.must("acquire 1")
	client.tell("within 20000 1")
	client.mustWait()
	must(t, sem.Close())
	const want = "process: jobserver 3,4: the server has ended, or closed it"
	if got := client.answer(); !strings.Contains(got, want) {
		t.Errorf("acquire of a client: %q, want %q", got, want)
	}
}

// A waiting client gets an error when its make is killed, whether make started the client directly,
// through a shell, or through another make. The shell lives on and has the pipe open.
func TestClientOfKilledMake(t *testing.T) {
	needs(t, "make")
	for recipe, line := range map[string]string{
		"direct":       "+@exec $(SELF)",
		"by a shell":   "+@$(SELF); true",
		"by sub-makes": "+@$(MAKE) again\nagain:\n\t+@$(SELF); true",
	} {
		t.Run(recipe, func(t *testing.T) {
			w := newProject(t)
			w.makefile(t, "orphan:\n\t"+
				strings.ReplaceAll(line, "$(SELF)", "env "+childVar+"=orphan $(SELF)")+"\n")
			cmd := w.command("", "make", "-j2", "orphan")
			out := must2(cmd.StdoutPipe())
			must(t, cmd.Start())
			lines := bufio.NewScanner(out)
			for lines.Scan() && lines.Text() != "waits" {
				t.Log(lines.Text())
			}
			must(t, cmd.Process.Kill())
			want := fmt.Sprintf("its server, process %d, has ended", cmd.Process.Pid)
			if lines.Scan(); !strings.Contains(lines.Text(), want) {
				t.Errorf("acquire of a client of a killed make: %q, want %q", lines.Text(), want)
			}
			_ = cmd.Wait()
		})
	}
}

// orphanMain waits for a permit that never becomes free, and prints the error of Acquire.
func orphanMain() error {
	sem, err := process.JoinJobserver(os.Getenv("MAKEFLAGS"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := errors.Join(sem.Acquire(ctx, 1), sem.Acquire(ctx, 1)); err != nil {
		return err
	}
	fmt.Println("waits")
	fmt.Println(sem.Acquire(ctx, 1))
	return nil
}

// mustReportEnd ends a server while a goroutine waits, and checks every method afterwards.
func mustReportEnd(t *testing.T, sem process.Semaphore, fact string, end func()) {
	mustAcquire(t, sem, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	replied := make(chan error, 1)
	go func() { replied <- sem.Acquire(ctx, 1) }()
	end()
	var broken *process.Broken
	if err := <-replied; !errors.As(err, &broken) || !strings.Contains(err.Error(), fact) {
		t.Fatalf("Acquire of a waiter = %v, want a Broken with %q", err, fact)
	}
	if sem.TryAcquire(1) {
		t.Error("TryAcquire(1) = true after the server has ended")
	}
	if err := sem.Acquire(ctx, 1); !errors.As(err, &broken) {
		t.Errorf("Acquire after the server has ended = %v, want a Broken", err)
	}
	sem.Release(1) // the permit is still held, so this must not panic
}
