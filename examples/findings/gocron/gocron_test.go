package gocron_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-co-op/gocron/v2"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// monitor counts two of the events of a scheduler.
type monitor struct {
	gocron.SchedulerMonitor // nil: no other event is expected
	started, shut           atomic.Int64
}

func (m *monitor) SchedulerStarted()  { m.started.Add(1) }
func (m *monitor) SchedulerStopped()  {}
func (m *monitor) SchedulerShutdown() { m.shut.Add(1) }

// Shutdown returns no error, and does not tell the monitor.
func TestShutdownWithoutAnEvent(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		m := &monitor{}
		s, err := gocron.NewScheduler(gocron.WithSchedulerMonitor(m))
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		for m.started.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		if err := s.Shutdown(); err == nil && m.shut.Load() != 1 {
			t.Errorf("Shutdown has returned, and the monitor was told of %d", m.shut.Load())
		}
	}, "Shutdown has returned, and the monitor was told of 0")
}
