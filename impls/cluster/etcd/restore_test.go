package etcd

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
)

// startAt starts a server with a given directory and address, as a machine does after a restart.
func startAt(t *testing.T, dir, address string) *Server {
	t.Helper()
	c := quietConfig(dir)
	client := []url.URL{{Scheme: "http", Host: address}}
	peer := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	c.ListenClientUrls, c.AdvertiseClientUrls = client, client
	c.ListenPeerUrls, c.AdvertisePeerUrls = peer, peer
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	s := &Server{}
	must(t, s.start(c))
	return s
}

// A server is restored from a backup that is older than a grant. The session that has the grant ends
// with an error that says so, and the guard of the resource refuses the fences of new sessions.
func TestRestoredFromBackup(t *testing.T) {
	addresses, err := freeAddresses(1)
	must(t, err)
	dir := filepath.Join(t.TempDir(), "data")
	s := startAt(t, dir, addresses[0])
	e, err := Dial(clientv3.Config{Endpoints: []string{"http://" + addresses[0]}})
	must(t, err)
	defer e.Close()
	a := open(t, e, "restored", 1, 12*time.Second)
	must(t, s.Close())
	backup := filepath.Join(t.TempDir(), "backup")
	must(t, os.CopyFS(backup, os.DirFS(dir)))

	s = startAt(t, dir, addresses[0])
	for range 5 {
		must(t, acquire(t, a, 1).Release(t.Context()))
	}
	old := acquire(t, a, 1)
	var guard cluster.Guard
	must(t, guard.Check(old.Fences()...))
	must(t, s.Close())
	must(t, os.RemoveAll(dir))
	must(t, os.Rename(backup, dir))

	s = startAt(t, dir, addresses[0])
	defer s.Close()
	b := open(t, e, "restored", 1, 12*time.Second)
	newer := acquire(t, b, 1) // the store does not know of the grant of a
	wantError(t, guard.Check(newer.Fences()...), cluster.ErrStale, "restored from a backup", "--bump-revision")
	<-a.Done() // at the next renewal
	if err := a.Err(); !errors.Is(err, cluster.ErrRestored) && !errors.Is(err, cluster.ErrLost) {
		t.Errorf("session after the restore: %v", err)
	}
	wantError(t, a.Err(), nil, addresses[0], "semabench/restored/")
	<-old.Done()
	must(t, guard.Check(old.Fences()...)) // nothing else had the slot at the guarded resource
}

// After a restore, the revisions of lost grants come again: here the grant of the lost past and the new one have the
// same slot and the same revision. The guard lets only the first of the two holders in.
func TestFenceReusedAfterRestore(t *testing.T) {
	addresses, err := freeAddresses(1)
	must(t, err)
	dir := filepath.Join(t.TempDir(), "data")
	s := startAt(t, dir, addresses[0])
	e, err := Dial(clientv3.Config{Endpoints: []string{"http://" + addresses[0]}})
	must(t, err)
	defer e.Close()
	first := open(t, e, "reused", 1, 30*time.Second)
	must(t, first.Close(t.Context()))
	must(t, s.Close())
	backup := filepath.Join(t.TempDir(), "backup")
	must(t, os.CopyFS(backup, os.DirFS(dir)))

	// Each time a session is opened and takes the permit, at the same two revisions.
	s = startAt(t, dir, addresses[0])
	old := acquire(t, open(t, e, "reused", 1, 30*time.Second), 1)
	must(t, s.Close())
	must(t, os.RemoveAll(dir))
	must(t, os.Rename(backup, dir))
	s = startAt(t, dir, addresses[0])
	defer s.Close()
	newer := acquire(t, open(t, e, "reused", 1, 30*time.Second), 1)

	o, n := old.Fences()[0], newer.Fences()[0]
	if o.Slot != n.Slot || o.Revision != n.Revision {
		t.Fatalf("%v and %v: the test wants one slot and one revision", o, n)
	}
	for _, order := range [][2]*cluster.Lease{{old, newer}, {newer, old}} {
		var guard cluster.Guard
		must(t, guard.Check(order[0].Fences()...))
		wantError(t, guard.Check(order[1].Fences()...), cluster.ErrStale, "restored from a backup", "--bump-revision")
		must(t, guard.Check(order[0].Fences()...))
		var restarted cluster.Guard
		must(t, restarted.Check(guard.Newest()...))
		wantError(t, restarted.Check(order[1].Fences()...), cluster.ErrStale)
	}
}

// The server goes away for good while requests wait. They end with their session.
func TestServerGone(t *testing.T) {
	s, err := Embedded("")
	must(t, err)
	e, err := s.Engine()
	must(t, err)
	defer e.Close()
	a := open(t, e, "gone", 1, time.Second)
	l := acquire(t, a, 1)
	result := make(chan error)
	for _, n := range []int64{1, 1, 2} { // first in line, behind it, larger than the size
		go func() {
			_, err := a.Acquire(t.Context(), n)
			result <- err
		}()
	}
	waitersAre(t, a, 2)
	must(t, s.Close())
	go func() { result <- a.Resize(t.Context(), 2) }()
	for range 4 {
		wantError(t, <-result, cluster.ErrExpired, s.Endpoints()[0], "open a new session")
	}
	wantError(t, l.Err(), cluster.ErrExpired)
	wantError(t, l.Release(t.Context()), cluster.ErrExpired)
}
