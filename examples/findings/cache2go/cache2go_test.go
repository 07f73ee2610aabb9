package cache2go_test

import (
	"testing"
	"time"

	"github.com/muesli/cache2go"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// The old item expires while a new one with the same key is added. The new one must stay.
func TestCache2goRemovesTheNewItem(t *testing.T) {
	findings.MustFailInTime(t, func(t *explore.T) {
		table := cache2go.Cache("table")
		table.Add("key", time.Second, 1)
		time.Sleep(time.Second)
		table.Add("key", 0, 2)
		time.Sleep(time.Minute)
		if item, err := table.Value("key"); err != nil {
			t.Errorf("the new item, which never expires: %v", err)
		} else if item.Data() != 2 {
			t.Errorf("the new item has %v", item.Data())
		}
	}, "the new item, which never expires: Key not found")
}
