package etcd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/internal/longtest"
)

// noSmallDisk says what newSmallDisk lacks where it returns nil.
const noSmallDisk = "a mount needs root"

// A smallDisk is a file system in memory at the folder of one server, so that a test can fill it.
type smallDisk struct{ dir string }

// newSmallDisk mounts a file system at dir until the test ends. It returns nil without the right to mount.
//
// etcd reserves two log segments of 64 MB when it starts. 192 MB leave room for its data, and a test fills
// the rest quickly.
func newSmallDisk(t *testing.T, dir string) (*smallDisk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=192m,mode=0700")
	switch {
	case errors.Is(err, os.ErrPermission): // EPERM, or EACCES of a security module
		return nil, nil
	case err != nil:
		return nil, &os.PathError{Op: "mount", Path: dir, Err: err}
	}
	// Detached, because a server may not have ended yet. Nodes.Close comes before and cannot remove a
	// folder that is mounted, so the folder and the folder around it are removed here.
	t.Cleanup(func() {
		_ = syscall.Unmount(dir, syscall.MNT_DETACH)
		_ = os.Remove(dir)
		_ = os.Remove(filepath.Dir(dir))
	})
	return &smallDisk{dir}, nil
}

func (d *smallDisk) filler() string { return filepath.Join(d.dir, "filler") }

// fill writes until the disk has no byte left.
func (d *smallDisk) fill() error {
	f, err := os.Create(d.filler())
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2] // the last bytes need smaller blocks
		} else if err != nil {
			return err
		}
	}
	if _, err := f.Write([]byte{0}); err == nil {
		return errors.New("the disk is not full")
	}
	return nil
}

func (d *smallDisk) free() error { return os.Remove(d.filler()) }

// TestFullDisk fills the disk of one server of three, and of two. A quorum goes on. Without a quorum
// each call ends with its context and names an endpoint. Afterwards, all permits are there.
func TestFullDisk(t *testing.T) {
	longtest.Need(t, "TestPlantedBugs, which has transactions that fail and transactions with an unknown result")
	var disks []*smallDisk
	nodes, err := local(3, func(c *nodeConfig) error {
		d, err := newSmallDisk(t, c.Dir)
		disks = append(disks, d)
		return err
	})
	must(t, err)
	defer nodes.Close()
	if disks[0] == nil {
		t.Skip(noSmallDisk)
	}
	e, err := Dial(clientv3.Config{Endpoints: nodes.Endpoints()})
	must(t, err)
	defer e.Close()
	s, err := cluster.Open(t.Context(), e, "disk", 2, cluster.Options{TTL: time.Minute})
	must(t, err)
	defer s.Close(context.Background())

	// use writes until the servers with full disks have noticed, which takes some pages of data.
	use := func(n int) {
		for range n {
			l, err := s.Acquire(t.Context(), 2)
			must(t, err)
			must(t, l.Release(t.Context()))
		}
	}
	use(1)
	must(t, disks[0].fill())
	use(200)
	must(t, disks[1].fill())
	ends := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		l, err := s.Acquire(ctx, 2)
		if err != nil {
			return err
		}
		return l.Release(ctx)
	}
	stopped := false
	for range 1000 { // a write lasts at most as long as its ctx
		if err := ends(); err != nil {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("without a quorum: %v", err)
			}
			stopped = true
			break
		}
	}
	if !stopped {
		t.Error("two of three servers have full disks, and 1000 writes succeeded")
	}
	for i := range 2 {
		must(t, disks[i].free())
		_ = nodes.Kill(i) // it may have ended: etcd ends when it cannot write
		must(t, nodes.Start(i))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	l, err := s.Acquire(ctx, 2)
	if err != nil {
		t.Fatalf("after the disks were freed: %v", err)
	}
	must(t, l.Release(ctx))
}
