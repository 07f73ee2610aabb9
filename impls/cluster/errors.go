package cluster

import (
	"errors"
	"strings"
)

// The causes of errors, for [errors.Is]. An engine wraps them in an [*Error].
var (
	// ErrExpired: the session had no answer from the engine for its TTL, or the engine has ended the
	// session. All permits of the session count as given back.
	ErrExpired = errors.New("the session has expired")

	// ErrClosed: Session.Close was called.
	ErrClosed = errors.New("the session is closed")

	// ErrLost: the engine has no record of a permit or of a waiting request of a live session. A
	// person deleted the keys, or the engine lost them.
	ErrLost = errors.New("the engine has no record of it any more")

	// ErrSize: the name is in use with another size.
	ErrSize = errors.New("the name is in use with another size")

	// ErrFormat: a key has content that this version does not understand.
	ErrFormat = errors.New("the key has another format")

	// ErrRestored: the engine is older than answers that it gave before. It was restored from a
	// backup, or its data directory was replaced.
	ErrRestored = errors.New("the engine went back in time")

	// ErrStale: a Guard has seen a newer fence for the slot.
	ErrStale = errors.New("a newer holder has used the resource")

	// ErrTTL: Options.TTL is out of range.
	ErrTTL = errors.New("TTL out of range")

	// ErrName: the name cannot be used.
	ErrName = errors.New("unusable name")

	// ErrWeight: a request of less than one permit, or of more than the engine can record.
	ErrWeight = errors.New("unusable weight")
)

// An Error says where something failed and what to do. Endpoint and Key are empty if the failure
// has no endpoint or no key.
type Error struct {
	Op       string // what was tried, as in "take 2 permits"
	Endpoint string // of the engine
	Key      string // in the engine
	Err      error  // the cause: one of the Err variables, or an error of the engine
	Detail   string // facts, as in "it has size 3, and size 5 was asked for"
	Next     string // what to do
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("cluster: " + e.Op)
	if e.Endpoint != "" {
		b.WriteString(": at " + e.Endpoint)
	}
	if e.Key != "" {
		b.WriteString(": key " + e.Key)
	}
	b.WriteString(": " + e.Err.Error())
	if e.Detail != "" {
		b.WriteString(" (" + e.Detail + ")")
	}
	if e.Next != "" {
		b.WriteString("; " + e.Next)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
