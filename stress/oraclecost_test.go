package stress

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// BenchmarkOracles measures the cost of the oracles on the same random programs, per operation:
//
//   - bare: without bubble, history and oracles;
//
//   - watched: with the history, and the oracles of R1;
//
//   - checked: watched, and then checked for linearizability.
//
//     go test -run '^$' -bench Oracles -count 6 ./stress | go tool benchstat -col /oracles -
func BenchmarkOracles(b *testing.B) {
	for _, shape := range []struct {
		name string
		shape
	}{{"wide", wide}, {"narrow", narrow}} {
		for _, impl := range impls.All() {
			for _, oracles := range []string{"bare", "watched", "checked"} {
				if oracles == "checked" && shape.name == "wide" {
					continue // C34 runs narrow programs only
				}
				name := fmt.Sprintf("programs=%s/impl=%s/oracles=%s", shape.name, impl.Name, oracles)
				b.Run(name, func(b *testing.B) { benchmarkOracles(b, shape.shape, impl, oracles) })
			}
		}
	}
}

func benchmarkOracles(b *testing.B, s shape, impl impls.Impl, oracles string) {
	seed := uint64(1) // the same programs for all
	for ops := 0; ops < b.N; seed++ {
		p := s.generate(seed)
		ops += int(p.Ops())
		if oracles == "bare" {
			bareLoop(impl, p)
			continue
		}
		h, err := runOnce(impl, patience, p)
		if err != nil {
			b.Fatal(err)
		}
		if oracles == "checked" && h.linearization(impl).check() != porcupine.Ok {
			b.Fatal("not linearizable")
		}
	}
}

// bareLoop lets the workers make their calls and nothing else. They do not rest: nothing would wake
// them.
func bareLoop(impl impls.Impl, p model.Program) {
	impl.Waits = impls.Elsewhere
	run := newRunner(&trial{impl: impl}, &history{Program: p, clock: new(atomic.Int64)})
	run.logs = make([]*callLog, len(p.Workers)+1)
	run.bare = true
	run.runAll()
}
