package suite_test

import (
	"testing"

	"github.com/semabench/semabench/stress/explore/testdata/suite"
)

func TestRightFromOutside(t *testing.T) {
	done := make(chan *suite.Counter)
	go func() {
		c := &suite.Counter{}
		c.Add()
		done <- c
	}()
	if c := <-done; c.Get() != 1 {
		t.Error(c.Get())
	}
}
