package published

import (
	"context"
	"testing"

	"github.com/golang/groupcache"

	"github.com/semabench/semabench/stress/explore"
)

// Two calls of Get miss the cache and load the key one after the other: its bytes are counted twice.
func TestGroupcache(t *testing.T) {
	play(t, explore.Options{}, func(t *explore.T) {
		group := groupcache.NewGroup("numbers", 100, groupcache.GetterFunc(
			func(_ groupcache.Context, _ string, dest groupcache.Sink) error {
				return dest.SetString("1")
			}))
		get := func() {
			var value string
			_ = group.Get(context.Background(), "k", groupcache.StringSink(&value))
		}
		done := make(chan struct{})
		go func() {
			get()
			close(done)
		}()
		get()
		<-done
		if n := group.CacheStats(groupcache.MainCache).Bytes; n != 2 {
			t.Errorf("the cache counts %d bytes, want 2", n)
		}
	})
}
