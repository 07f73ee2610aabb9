package published

import (
	"testing"
	"time"

	"github.com/zenthangplus/goccm"

	"github.com/semabench/semabench/stress/explore"
)

// Close writes the flag that the controller reads without a lock: a data race. The sleep lets the
// controller come to rest before the last call of Done: the clock is lazy.
func TestGoccm(t *testing.T) {
	play(t, explore.Options{LazyClock: true}, func(*explore.T) {
		c := goccm.New(2)
		c.Wait()
		c.Wait()
		c.Done()
		c.Close()
		time.Sleep(time.Second)
		c.Done()
		c.WaitAllDone()
	})
}
