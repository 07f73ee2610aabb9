package published

import (
	"testing"

	"github.com/smallnest/ringbuffer"

	"github.com/semabench/semabench/stress/explore"
)

// A writer waits for room when the buffer is closed for writing. It wakes up, and waits again.
func TestRingbuffer(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		rb := ringbuffer.New(1).SetBlocking(true)
		done := make(chan struct{})
		go func() {
			_, _ = rb.Write([]byte("two"))
			close(done)
		}()
		rb.CloseWriter()
		<-done
	})
}
