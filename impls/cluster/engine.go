package cluster

import (
	"context"
	"time"
)

// An Engine keeps semaphores on some server. Packages etcd and redis have one each.
type Engine interface {
	// Join makes the caller a member of the semaphore, and makes the semaphore if the name is new.
	// The engine keeps everything that the member holds for ttl after the last successful Renew, and
	// frees it then.
	Join(ctx context.Context, name string, size int64, ttl time.Duration) (Member, error)
}

// A Member is one session of a semaphore as its engine sees it. A Session owns it, and adds what
// needs no engine: the clock, the end of leases, repeated calls of Release.
//
// Every method returns when ctx is done. A method that changes something must then ensure that
// the change either is complete or can never happen later, if need be in the background, as long as
// the member lives.
type Member interface {
	// TTL is the time that the engine granted, at least the time that Join asked for.
	TTL() time.Duration

	// Renew asks the engine for another TTL, counted from some moment after the call began. It
	// returns the grants that the engine has no record of. An error that wraps ErrExpired,
	// ErrRestored, ErrLost or ErrFormat is final; the session repeats Renew after any other error.
	Renew(ctx context.Context) (lost []ID, err error)

	// Take takes n permits. Without wait it returns ErrNoPermit if that needs waiting. It returns
	// ctx.Err() unchanged if ctx is done.
	Take(ctx context.Context, n int64, wait bool) (Grant, error)

	// Give gives slots of grants back, of up to MaxGives grants in one step that no other request can see
	// half of. More grants are given back in several such steps.
	//
	// It changes nothing of a grant if the engine's record of it differs from the record that Take
	// returned, and then gives the other grants back all the same, perhaps in several steps.
	Give(ctx context.Context, gives []Give) error

	Resize(ctx context.Context, size int64) error
	Stats(ctx context.Context) (Stats, error)

	// Leave gives back everything at once and ends the member.
	Leave(ctx context.Context) error
}

// MaxGives is the number of grants that an engine gives back in one step at least. etcd takes 128 conditions
// in a transaction by default.
const MaxGives = 100

// Give says which slots of a grant are given back: all slots if Keep is empty, otherwise all but those in
// Keep.
type Give struct {
	Grant Grant
	Keep  []int64
}

// ID names a grant. No other grant of the engine has or had the same one, whichever member took it.
type ID string

// A Grant is the record of permits that a member holds.
type Grant struct {
	ID       ID
	Slots    []int64 // ascending
	Revision int64   // of the engine when the grant took effect
}

// A Fence is the right to use one permit, in a form that a resource can compare.
//
// A semaphore of size N has the slots 0 to N-1, and each permit is one slot. A slot has one holder
// at a time, and each holder of a slot has a greater revision than the holder before.
//
// After a restore from a backup, an engine may give a revision a second time. Grant tells the two holders
// apart. A resource that has no place for it may leave it empty, and then takes two such holders for one.
type Fence struct {
	Slot     int64
	Revision int64
	Grant    ID // differs between all grants, also of different members
}

// Stats is the state of a semaphore at one revision of the engine.
type Stats struct {
	Size    int64 // permits
	Held    int64 // permits in use; a dead holder's permits count until its TTL is over
	Holders int64 // leases
	Waiters int64 // requests in the queue; a request for more than the size is not in the queue
}

// ErrNoPermit is the result of [Member.Take] if the request would have to wait.
var ErrNoPermit = noPermit{}

type noPermit struct{}

func (noPermit) Error() string { return "cluster: no permit is free" }
