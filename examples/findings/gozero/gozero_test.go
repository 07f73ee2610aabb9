package gozero_test

import (
	"testing"
	"time"

	"github.com/zeromicro/go-zero/core/syncx"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// The only place is returned at once, and Borrow would wait for it for a minute.
func TestBorrowMissesTheReturn(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		limit := syncx.NewTimeoutLimit(1)
		if !limit.TryBorrow() {
			t.Fatal("no place in a new limit")
		}
		go limit.Return()
		if err := limit.Borrow(time.Minute); err != nil {
			t.Errorf("a place is free, and Borrow says %v", err)
		}
	}, "a place is free, and Borrow says borrow timeout")
}
