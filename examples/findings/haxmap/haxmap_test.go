package haxmap_test

import (
	"testing"

	"github.com/alphadose/haxmap"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// GetOrSet says that it stored its value, so the key had none: Set came later, and its value must
// stay.
func TestGetOrSetOverwritesSet(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		m := haxmap.New[int, string]()
		set := make(chan bool)
		go func() {
			m.Set(1, "set")
			close(set)
		}()
		_, loaded := m.GetOrSet(1, "got")
		<-set
		if value, _ := m.Get(1); !loaded && value != "set" {
			t.Errorf("GetOrSet overwrote the value of Set with %q, and returned loaded = false", value)
		}
	}, `GetOrSet overwrote the value of Set with "got", and returned loaded = false`)
}
