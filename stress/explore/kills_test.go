package explore_test

import (
	"os"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/internal/mutant"
)

func TestKills(t *testing.T) {
	for _, m := range mutant.All() {
		if m.ID[0] != 'M' && os.Getenv("KILL_S") == "" {
			continue
		}
		t.Run(m.ID, func(t *testing.T) {
			r := explore.CheckSemaphore(t, explore.Options{Schedules: 3000, Time: 5 * time.Second}, m.Impl)
			if r != nil {
				t.Logf("%-24s %-8s %6d %-8s %s  %s", m.Name, r.Verdict, r.Schedules, r.Strategy, r.Schedule, r.What)
			}
		})
	}
}
