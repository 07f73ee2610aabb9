package filelock_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/internal/filelock"
)

// holderVar makes the test binary a process that takes the lock it names, and then waits.
const holderVar = "SEMABENCH_TEST_LOCK"

func TestMain(m *testing.M) {
	if path := os.Getenv(holderVar); path != "" {
		if _, err := filelock.Lock(context.Background(), path); err != nil {
			panic(err)
		}
		os.Stdout.WriteString("locked\n")
		io.Copy(io.Discard, os.Stdin)
		return
	}
	os.Exit(m.Run())
}

func TestOneHolderAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var held atomic.Int32 // atomic: the kernel's lock is no synchronisation that -race knows
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 5 {
				unlock, err := filelock.Lock(t.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				if n := held.Add(1); n != 1 {
					t.Errorf("%d goroutines hold the lock, want 1", n)
				}
				held.Add(-1)
				if err := unlock(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestADoneContextEndsTheWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := filelock.Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := filelock.Lock(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("Lock with a done context: %v, want %v", err, context.Canceled)
	}
}

// A process that is killed cannot free its lock. The kernel must, or the next build would wait for
// ever.
func TestALockEndsWithItsProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), holderVar+"="+path)
	stdin, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "locked\n" {
		t.Fatalf("the holder wrote %q, %v", line, err)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // its error says that it was killed
	unlock, err := filelock.Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}

func TestTryLockAndShare(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var shares []func() error
	for range 2 {
		unlock, err := filelock.Share(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		shares = append(shares, unlock)
	}
	if _, locked, err := filelock.TryLock(path); locked || err != nil {
		t.Errorf("TryLock of a shared lock = %v, %v; want false", locked, err)
	}
	for _, unlock := range shares {
		if err := unlock(); err != nil {
			t.Error(err)
		}
	}
	unlock, locked, err := filelock.TryLock(path)
	if !locked || err != nil {
		t.Fatalf("TryLock of a free lock = %v, %v; want true", locked, err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := filelock.Share(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("Share with a done context: %v, want %v", err, context.Canceled)
	}
}
