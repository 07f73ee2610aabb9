package eventbus_test

import (
	"testing"

	eventbus "github.com/asaskevich/EventBus"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// Two handlers subscribe once. Both must be gone after the first event.
func TestEventBusCallsAHandlerTwice(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		bus := eventbus.New()
		var a, b int
		_ = bus.SubscribeOnce("topic", func() { a++ })
		_ = bus.SubscribeOnce("topic", func() { b++ })
		bus.Publish("topic")
		bus.Publish("topic")
		if a != 1 || b != 1 {
			t.Errorf("the handlers ran %d and %d times, want once each", a, b)
		}
	}, "the handlers ran 1 and 2 times")
}

// A handler answers an event with another event.
func TestEventBusHoldsItsLockInAHandler(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		bus := eventbus.New()
		_ = bus.Subscribe("question", func() { bus.Publish("answer") })
		bus.Publish("question")
	}, "deadlock", "bus.lock.Lock()")
}
