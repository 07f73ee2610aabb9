package broadcast_test

import (
	"testing"

	"github.com/dustin/go-broadcast"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// A subscriber takes one message and unregisters. The broadcaster sends it the second message
// meanwhile, and so does not take the request.
func TestBroadcasterAndSubscriberWaitForEachOther(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		b := broadcast.NewBroadcaster(2)
		messages := make(chan any)
		b.Register(messages)
		b.Submit(1)
		b.Submit(2)
		<-messages
		b.Unregister(messages)
		_ = b.Close()
	}, "deadlock", "b.unreg <- newch")
}

// A subscriber unregisters while the broadcaster is closed.
func TestUnregisterAfterClose(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		b := broadcast.NewBroadcaster(1)
		messages := make(chan any, 1)
		b.Register(messages)
		left := make(chan bool)
		go func() { b.Unregister(messages); close(left) }()
		_ = b.Close()
		<-left
	}, "deadlock", "b.unreg <- newch")
}
