package published

import (
	"testing"

	"github.com/valyala/fasthttp/fasthttputil"

	"github.com/semabench/semabench/stress/explore"
)

// Dial waits to be accepted with the lock held that Close needs.
func TestFasthttp2245(t *testing.T) {
	play(t, explore.Options{}, func(*explore.T) {
		ln := fasthttputil.NewInmemoryListener()
		done := make(chan struct{})
		go func() {
			if c, err := ln.Dial(); err == nil {
				_ = c.Close()
			}
			close(done)
		}()
		_ = ln.Close()
		<-done
	})
}
