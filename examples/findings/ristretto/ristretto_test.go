package ristretto_test

import (
	"fmt"
	"testing"

	"github.com/dgraph-io/ristretto/v2"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// A request sets a value while the cache is closed. Set reports false after Close, so it must not panic.
func TestRistrettoPanicsInSet(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		cache := small(t)
		done := make(chan bool)
		go func() { cache.Set("key", "value", 1); close(done) }()
		cache.Close()
		<-done
	}, "send on closed channel")
}

// A request waits for its value while the cache is closed.
func TestRistrettoWaitsForEver(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		cache := small(t)
		done := make(chan bool)
		go func() {
			defer close(done)
			defer func() { _ = recover() }() // of the fault before
			cache.Wait()
		}()
		cache.Close()
		<-done
	}, "<-wait")
}

func small(t *explore.T) *ristretto.Cache[string, string] {
	cache, err := ristretto.NewCache(&ristretto.Config[string, string]{NumCounters: 2, MaxCost: 2, BufferItems: 1})
	if err != nil {
		t.Fatal(fmt.Errorf("no cache: %w", err))
	}
	return cache
}
