package skipmap_test

import (
	"testing"

	"github.com/bytedance/gopkg/collection/skipmap"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// LoadAndDelete deletes the new value, and returns the old one: no call returns the new value, and it is
// in the map no more.
func TestLoadAndDeleteLosesAValue(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		m := skipmap.NewString()
		m.Store("a", "old")
		stored := make(chan bool)
		go func() {
			m.Store("a", "new")
			close(stored)
		}()
		value, _ := m.LoadAndDelete("a")
		<-stored
		if _, ok := m.Load("a"); !ok && value == "old" {
			t.Error("LoadAndDelete returned the old value, and the new one is gone")
		}
	}, "LoadAndDelete returned the old value, and the new one is gone")
}
