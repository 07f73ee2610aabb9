package published

import (
	"testing"

	"github.com/asaskevich/EventBus"

	"github.com/semabench/semabench/stress/explore"
)

// Publish waits for a handler that runs, and holds the lock of the bus, which the handler needs.
func TestEventBus(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		bus := EventBus.New()
		_ = bus.SubscribeAsync("topic", func() { bus.HasCallback("topic") }, true)
		bus.Publish("topic")
		bus.Publish("topic")
		bus.WaitAsync()
	})
}
