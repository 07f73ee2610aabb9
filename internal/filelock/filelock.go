// Package filelock keeps processes of one machine from using the same folder at the same time.
//
//	unlock, err := filelock.Lock(ctx, filepath.Join(dir, "lock"))
//	if err != nil {
//		return err
//	}
//	defer unlock()
//
// The kernel owns the lock (flock on Unix, LockFileEx on Windows) and frees it when the process
// that holds it ends, however it ends. The usual alternative is a folder or a file whose existence is the lock. It
// needs a rule for locks of dead processes, and two waiters that apply the rule at the same time can both
// end up with the lock.
//
// # What this does not do
//
// The file stays when the lock is freed. Never remove it while a process may wait for it: a later
// process would create a new file, and lock that one beside the holder of the old one. Network file
// systems may not support locks between machines.
package filelock

import (
	"context"
	"fmt"
	"time"

	"github.com/gofrs/flock"
)

// retry is how long a waiter sleeps between two attempts. The kernel can wake a waiter, but such a
// wait ignores ctx; a build takes seconds, so 20 ms more do not matter.
const retry = 20 * time.Millisecond

// Lock waits until no other process and no other caller in this process holds the lock at path,
// and takes it. It orders nothing in the sense of the Go memory model: goroutines of one process
// need a mutex for that. The file is created if it does not exist; its folder must exist. If ctx
// ends first, Lock returns an error that wraps ctx.Err(). The caller must call unlock once; it
// also closes the file.
func Lock(ctx context.Context, path string) (unlock func() error, err error) {
	lock := flock.New(path)
	// The result is true unless there is an error: false without an error is for a single attempt.
	if _, err := lock.TryLockContext(ctx, retry); err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return lock.Close, nil
}

// TryLock takes the lock at path if no other process and no other caller in this process holds it, and
// reports whether it did. It does not wait. If it took the lock, the caller must call unlock once.
func TryLock(path string) (unlock func() error, locked bool, err error) {
	lock := flock.New(path)
	locked, err = lock.TryLock()
	if !locked {
		lock.Close() // the attempt has opened the file
	}
	if err != nil {
		return nil, false, fmt.Errorf("locking %s: %w", path, err)
	}
	return lock.Close, locked, nil
}

// Share is Lock, except that any number of callers may share the lock. It waits only for a caller that
// holds the lock alone.
func Share(ctx context.Context, path string) (unlock func() error, err error) {
	lock := flock.New(path)
	if _, err := lock.TryRLockContext(ctx, retry); err != nil {
		return nil, fmt.Errorf("sharing %s: %w", path, err)
	}
	return lock.Close, nil
}
