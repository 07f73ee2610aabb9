package shim_test

import (
	"strings"
	real "testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/testing"
)

// A log after the end of the test panics in some schedule, in whatever way the goroutine came to it.
// A log before the end does not, and it is the same for a test by the rules of go test.
func TestLogAfterTheEnd(t *real.T) {
	logs := map[string]func(t *testing.T){
		"Log":    func(t *testing.T) { t.Log("x") },
		"Logf":   func(t *testing.T) { t.Logf("%s", "x") },
		"Output": func(t *testing.T) { t.Output().Write([]byte("x\n")) },
	}
	for name, log := range logs {
		for shape, program := range map[string]func(t *testing.T, late bool){
			"signal": func(t *testing.T, late bool) {
				done := make(chan struct{})
				schedrt.Go(func() {
					if !late {
						log(t)
					}
					schedrt.Close(done)
					if late {
						log(t)
					}
				})
				schedrt.Recv(done)
			},
			"nothing waits": func(t *testing.T, late bool) {
				done := make(chan struct{})
				schedrt.Go(func() { log(t); schedrt.Close(done) })
				if !late {
					schedrt.Recv(done)
				}
			},
			"subtest": func(t *testing.T, late bool) {
				done := make(chan struct{})
				t.Run("sub", func(t *testing.T) { schedrt.Go(func() { log(t); schedrt.Close(done) }) })
				if !late { // the log goes to the parent, which has not ended
					schedrt.Recv(done)
				}
			},
			"cleanup": func(t *testing.T, late bool) {
				done := make(chan struct{})
				if !late {
					t.Cleanup(func() { schedrt.Recv(done) })
				}
				schedrt.Go(func() { log(t); schedrt.Close(done) })
			},
		} {
			for _, late := range []bool{false, true} {
				for rules, play := range map[string]func(body func(t *testing.T)){
					"Play":      func(body func(t *testing.T)) { testing.Play(t, nil, body, func(string) {}) },
					"PlayAlone": func(body func(t *testing.T)) { testing.PlayAlone(t, body, func(int, bool) {}) },
				} {
					got := schedtest.EverySchedule(t, schedrt.Limits{}, func(*strings.Builder) {
						play(func(t *testing.T) { program(t, late) })
					})
					failed := got["panic"] + got["failed"]
					if failed > 0 != late || failed+got["passed"] == 0 || len(got) > 2 {
						t.Errorf("%s, %s, late %v, %s: %v", name, shape, late, rules, got)
					}
				}
			}
		}
	}
}
