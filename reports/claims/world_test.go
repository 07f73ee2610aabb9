package claims

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

// A world is a machine with known times, so that a test knows the right answers.
type world struct {
	cores  int
	rounds int
	files  string
	jitter float64 // of each time, to either side
	// nanoseconds per task, by "work mode" or "work mode size"
	task   map[string]float64
	peak   map[string]int                         // the most workers inside, by "mode permits"
	memory map[string]float64                     // bytes, by mode
	state  func(work, mode string, i int) string  // of a sample; nil: clean
	sum    func(work, mode string, i int) float64 // checksum; nil: the same for all modes
	drop   func(work, mode string, i int) bool    // not measured; nil: all are
}

var grainSizes = []int{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20}
var handSizes = []int{64, 1 << 10, 16 << 10, 256 << 10, 1 << 20, 4 << 20}

// usual resembles the measurements of a quiet machine with two cores.
func usual() world {
	w := world{cores: 2, rounds: 9, files: "direct", jitter: 0.01, task: map[string]float64{}, peak: map[string]int{},
		memory: map[string]float64{serial: 12e6, oneCore: 12.5e6, goroutines: 13e6, processes: 34e6, processPerTask: 37e6}}
	for work, times := range map[string][]float64{
		"hash":     {2.92e6, 2.92e6, 1.50e6, 1.58e6, 6.7e6},
		"compress": {9.5e6, 9.6e6, 4.95e6, 5.1e6, 12e6},
		"http":     {10.5e6, 0.36e6, 0.355e6, 0.37e6, 2.6e6},
		"files":    {0.83e6, 0.66e6, 0.35e6, 0.33e6, 2.5e6},
	} {
		for i, mode := range modes {
			w.task[work+" "+mode] = times[i]
		}
	}
	for _, n := range grainSizes {
		alone := 200 + 0.72*float64(n)
		w.task[fmt.Sprint("grain serial ", n)] = alone
		w.task[fmt.Sprint("grain goroutines ", n)] = alone / 1.94
		w.task[fmt.Sprint("grain processes ", n)] = alone/1.9 + 12e3
		w.task[fmt.Sprint("grain process-per-task ", n)] = alone/1.9 + 2.3e6
	}
	for _, n := range handSizes {
		w.task[fmt.Sprint("hand goroutines ", n)] = 660
		w.task[fmt.Sprint("hand processes ", n)] = 6e3 + 0.35*float64(n)
	}
	for _, mode := range modes[1:] {
		w.peak[mode+" 3"], w.peak[mode+" 10"] = 3, 10
	}
	return w
}

// text returns the text that semabench parallel would write on this machine.
func (w world) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "goos: linux\ncpu: a <fast> one\ncores: %d\nsemaphore: weighted\nprocess-semaphore: slots\nfiles: %s\n",
		w.cores, w.files)
	r, state := rand.New(rand.NewPCG(7, 0)), ""
	for i := range w.rounds {
		for _, key := range slices.Sorted(maps.Keys(w.task)) {
			field := append(strings.Fields(key), "")
			work, mode, size := field[0], field[1], field[2]
			if w.drop != nil && w.drop(work, mode, i) {
				continue
			}
			now := "clean"
			if w.state != nil {
				now = w.state(work, mode, i)
			}
			if now != state {
				state = now
				fmt.Fprintf(&out, "sample: %s\n", state)
			}
			ns := w.task[key] * (1 + w.jitter*(2*r.Float64()-1))
			name := fmt.Sprintf("work=%s/mode=%s/workers=2/permits=2", work, mode)
			if size != "" {
				name += "/bytes=" + size
			}
			fmt.Fprintf(&out, "BenchmarkParallel/%s\t64\t%.1f ns/op\t%.0f startup-ns\t1000 user-ns/op\t2000 sys-ns/op\t1.9 cpu/wall\t%.0f peak-B\t%.1f task-p50-ns\t%.0f checksum\n",
				name, ns, 1e6*float64(len(mode)), w.memory[mode], ns, w.sumOf(work, mode, i))
		}
		for _, key := range slices.Sorted(maps.Keys(w.peak)) {
			mode, permits, _ := strings.Cut(key, " ")
			fmt.Fprintf(&out, "BenchmarkParallel/work=limit/mode=%s/workers=10/permits=%s/latency=2ms\t30\t700000 ns/op\t%d inside-peak\t5 checksum\n",
				mode, permits, w.peak[key])
		}
	}
	return out.String()
}

func (w world) sumOf(work, mode string, i int) float64 {
	if w.sum != nil {
		return w.sum(work, mode, i)
	}
	return 42
}

func judge(t *testing.T, text string) *Report {
	t.Helper()
	log, err := reports.Read(reports.Input{Name: "parallel.txt", Text: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Evaluate(log)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w world) judge(t *testing.T) *Report {
	t.Helper()
	return judge(t, w.text())
}

func (r *Report) claim(t *testing.T, id string) *Claim {
	t.Helper()
	for _, c := range r.Claims {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("no claim %q", id)
	return nil
}

// tenTimelines returns the stays of ten workers, three at a time and all at once.
func tenTimelines() []Timeline {
	three, all := Timeline{Mode: processes, Permits: 3}, Timeline{Mode: processes, Permits: 10}
	for i := range 30 {
		at := float64(i/3) * 2.1e-3
		three.Stays = append(three.Stays, Stay{i % 10, at, at + 2e-3})
		at = float64(i/10) * 2.1e-3
		all.Stays = append(all.Stays, Stay{i % 10, at, at + 2e-3})
	}
	one := three
	one.Mode = goroutines
	return []Timeline{one, three, all}
}
