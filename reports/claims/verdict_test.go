package claims

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// scale makes a mode of some works slower by a factor.
func (w world) scale(by float64, mode string, works ...string) {
	for _, work := range works {
		w.task[work+" "+mode] *= by
	}
}

// For each outcome of each claim there is a world in which it is the truth.
func TestOutcomes(t *testing.T) {
	for _, test := range []struct {
		name   string
		claim  string
		change func(w *world)
		want   Outcome
		say    []string
	}{
		{"network alone", "waiting", func(*world) {}, HoldsWhen, []string{"HTTP is 29", "file reads 2.39×", "1.26×"}},
		{"all waits on one core", "waiting", func(w *world) { w.scale(0.2, oneCore, "files") }, Holds, []string{"file reads is"}},
		{"nothing is quicker", "waiting", func(w *world) {
			for _, mode := range []string{oneCore, goroutines} {
				w.task["http "+mode], w.task["files "+mode] = 10e6, 0.8e6
			}
		}, Fails, []string{"less than twice"}},
		{"only with more cores", "waiting", func(w *world) { w.scale(20, oneCore, "http") }, HoldsWhen,
			[]string{"more than one core", "HTTP 29"}},
		{"about twice", "waiting", func(w *world) {
			w.jitter = 0.1
			for _, mode := range []string{oneCore, goroutines} {
				w.task["http "+mode], w.task["files "+mode] = 5.25e6, 0.415e6
			}
		}, Undecided, []string{"leaves open"}},
		{"file in memory", "waiting", func(w *world) { w.files = "memory" }, Holds, []string{"HTTP"}},
		{"nothing waits", "waiting", func(w *world) {
			w.files = "cached"
			w.drop = func(work, _ string, _ int) bool { return work == "http" }
		}, Unmeasurable, []string{"waits on this machine"}},

		{"all cores", "turns", func(*world) {}, Fails, []string{"because goroutines run on all cores", "1.9"}},
		{"one at a time", "turns", func(w *world) { w.scale(1.93, goroutines, "hash", "compress") }, Holds, []string{"hashing 1.0"}},
		{"in between", "turns", func(w *world) { w.scale(1.5, goroutines, "hash", "compress") }, Undecided, []string{"1.3"}},
		{"one core", "turns", func(w *world) { w.cores = 1 }, Unmeasurable, []string{"one core only"}},
		{"not measured", "turns", func(w *world) {
			w.drop = func(work, _ string, _ int) bool { return work == "hash" || work == "compress" }
		}, Unmeasurable, []string{"no computing"}},

		{"long tasks", "computing", func(*world) {}, HoldsWhen, []string{"from tasks of about", "surely not at 12.0 µs", "surely at 47.3 µs"}},
		{"messages are free", "computing", func(w *world) {
			for _, n := range grainSizes {
				w.task[fmt.Sprint("grain processes ", n)] = w.task[fmt.Sprint("grain serial ", n)] / 1.9
			}
		}, Holds, nil},
		{"no gain", "computing", func(w *world) { w.scale(1.9, processes, "hash", "compress") }, Fails, []string{"because"}},
		{"some gain", "computing", func(w *world) { w.scale(1.4, processes, "hash", "compress") }, Undecided, nil},
		{"one core", "computing", func(w *world) { w.cores = 1 }, Unmeasurable, []string{"one core only"}},

		{"as fast", "choosing", func(*world) {}, Fails, []string{"without leaving the process", "0.95"}},
		{"a global lock", "choosing", func(w *world) { w.scale(1.93, goroutines, "hash", "compress") }, Holds, []string{"1.8"}},
		{"it depends", "choosing", func(w *world) { w.scale(1.93, goroutines, "hash") }, Undecided, nil},
		{"one core", "choosing", func(w *world) { w.cores = 1 }, Unmeasurable, nil},

		{"shared", "sharing", func(*world) {}, Holds, []string{"64 B takes", "4 MiB takes"}},
		{"copied", "sharing", func(w *world) { w.task["hand goroutines 4194304"] = 1e6 }, Fails, []string{"because 64 B"}},
		{"hardly", "sharing", func(w *world) { w.jitter, w.task["hand goroutines 4194304"] = 0.1, 6600 }, Undecided, nil},
		{"not measured", "sharing", func(w *world) {
			w.drop = func(work, _ string, _ int) bool { return work == "hand" }
		}, Unmeasurable, []string{"no messages"}},

		{"sent", "sending", func(*world) {}, Holds, []string{"A pipe carries the bytes"}},
		{"small ones are cheap", "sending", func(w *world) { w.task["hand processes 64"] = 700 }, HoldsWhen, []string{"messages are large"}},
		{"all are cheap", "sending", func(w *world) {
			for _, n := range handSizes {
				w.task[fmt.Sprint("hand processes ", n)] = 700
			}
		}, Fails, []string{"because"}},
		{"memory is not apart", "sending", func(w *world) { w.memory[processes] = 13e6 }, HoldsWhen, nil},

		{"kept", "semaphore", func(*world) {}, Holds, []string{"in 36 samples of 4 modes", "at most 3 of 10 workers", "without a limit 10"}},
		{"one too many", "semaphore", func(w *world) { w.peak["processes 3"] = 4 }, Fails, []string{"4 in processes", "broken"}},
		{"never so many", "semaphore", func(w *world) { w.peak["processes 3"] = 2 }, Undecided, []string{"processes never had that many"}},
		{"blind", "semaphore", func(w *world) {
			for _, mode := range modes[1:] {
				w.peak[mode+" 10"] = 3
			}
		}, Undecided, []string{"without a limit there were no more"}},
		{"not measured", "semaphore", func(w *world) { w.peak = nil }, Unmeasurable, nil},

		{"two rounds", "turns", func(w *world) { w.rounds = 2 }, Undecided, []string{"too few for an interval"}},
	} {
		t.Run(test.claim+"/"+strings.ReplaceAll(test.name, " ", "-"), func(t *testing.T) {
			w := usual()
			test.change(&w)
			c := w.judge(t).claim(t, test.claim)
			if c.Outcome != test.want {
				t.Errorf("%s: %s, want %s", c.Text, c.sentence(), test.want)
			}
			for _, want := range test.say {
				if !strings.Contains(plain(c.sentence()), want) {
					t.Errorf("the answer %q does not say %q", c.sentence(), want)
				}
			}
		})
	}
}

// Goroutines on one core count as equal to serial if they are, and not otherwise.
func TestStandIn(t *testing.T) {
	w := usual()
	said := strings.Join(w.judge(t).claim(t, "turns").Remarks, "\n")
	if !strings.Contains(said, "hashing") || !strings.Contains(said, "compression") || !strings.Contains(said, "within 5 %") {
		t.Errorf("of works that are equal on one core it says %q", said)
	}
	w.scale(1.1, oneCore, "hash")
	said = strings.Join(w.judge(t).claim(t, "turns").Remarks, "\n")
	if strings.Contains(said, "hashing") || !strings.Contains(said, "compression") {
		t.Errorf("with hashing 10 %% slower on one core it says %q", said)
	}
}

// If there are six undisturbed rounds, only they count. Otherwise all count, and the answer says
// so.
func TestDisturbedRounds(t *testing.T) {
	for disturbed := range 10 {
		w := usual()
		w.state = func(_, _ string, i int) string {
			if i < disturbed {
				return "disturbed"
			}
			return "clean"
		}
		c := w.judge(t).claim(t, "turns")
		wantRounds, wantDisturbed := 9-disturbed, 0
		if 9-disturbed < minRounds {
			wantRounds, wantDisturbed = 9, disturbed
		}
		if f := c.Figures[0]; f.Rounds != wantRounds || f.Disturbed != wantDisturbed {
			t.Errorf("of %d disturbed rounds: stands on %d with %d disturbed, want %d and %d", disturbed, f.Rounds,
				f.Disturbed, wantRounds, wantDisturbed)
		}
		if said := c.Caveat() != ""; said != (wantDisturbed > 0) {
			t.Errorf("of %d disturbed rounds it says %q", disturbed, c.Caveat())
		}
	}
}

// A state that this version does not know counts as disturbed everywhere: in the estimates, in the
// table of costs and in the totals.
func TestUnknownState(t *testing.T) {
	w := usual()
	w.state = func(_, _ string, i int) string { return []string{"clean", "shaken"}[i%2] }
	r := w.judge(t)
	for _, c := range r.Costs {
		if c.Clean != 5 || c.Disturbed != 4 || c.Retaken != 0 {
			t.Errorf("%s %s: %d clean, %d disturbed, %d retaken, want 5, 4 and 0",
				c.Work, c.Mode, c.Clean, c.Disturbed, c.Retaken)
		}
		if c.PerTask.Disturbed != c.Disturbed {
			t.Errorf("%s %s: the estimate has %d disturbed rounds, the table %d", c.Work, c.Mode,
				c.PerTask.Disturbed, c.Disturbed)
		}
	}
	if r.Totals.Disturbed == 0 || strings.Contains(r.noise(), "none of them disturbed") {
		t.Errorf("the totals are %+v, and the report says %q", r.Totals, r.noise())
	}
}

// A sample that was taken again is counted, and is part of no figure.
func TestRetakenSamples(t *testing.T) {
	w := usual()
	plain := w.judge(t)
	text := strings.Replace(w.text(), "sample: clean\n", "sample: retaken\nBenchmarkParallel/work=hash/mode=serial/"+
		"workers=2/permits=2\t64\t99000000.0 ns/op\t42 checksum\nsample: clean\n", 1)
	again := judge(t, text)
	if got, want := again.claim(t, "turns").sentence(), plain.claim(t, "turns").sentence(); got != want {
		t.Errorf("with a retaken sample: %s\nwithout: %s", got, want)
	}
	if again.Totals.Retaken != 1 || again.Totals.Samples != plain.Totals.Samples+1 {
		t.Errorf("totals %+v, want one retaken more than %+v", again.Totals, plain.Totals)
	}
}

func TestChecksumsThatDiffer(t *testing.T) {
	w := usual()
	if r := w.judge(t); r.Differing != nil {
		t.Errorf("the same checksums everywhere, and they differ in %v", r.Differing)
	}
	w.sum = func(work, mode string, i int) float64 {
		if work == "compress" && mode == processes && i == 4 {
			return 43
		}
		return 42
	}
	r := w.judge(t)
	if len(r.Differing) != 1 || r.Differing[0] != "compress" || !strings.Contains(r.checksums(), "DIFFER") {
		t.Errorf("differing %v, %q; want compress", r.Differing, r.checksums())
	}
}

// A row that ended early causes a warning, and other rows are paired with the rounds that it has.
func TestShortRow(t *testing.T) {
	w := usual()
	w.drop = func(work, mode string, i int) bool { return work == "hash" && mode == goroutines && i >= 7 }
	r := w.judge(t)
	if f := r.claim(t, "turns").Figures[0]; f.Rounds != 7 {
		t.Errorf("stands on %d rounds, want 7", f.Rounds)
	}
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "7 samples, others 9") {
		t.Errorf("warnings %q", r.Warnings)
	}
}

// The interval contains the median in at least 95 % of draws, as it promises.
func TestIntervalIsOrderStatistics(t *testing.T) {
	for n, drop := range map[int]int{6: 0, 7: 0, 8: 0, 9: 1, 11: 1, 12: 2, 20: 5} {
		var values []float64
		for i := range n {
			// 7 is coprime to every n but 7 itself, so these are 0 to n-1 in another order
			values = append(values, float64((i*7)%n))
		}
		if n == 7 {
			values = []float64{3, 1, 4, 0, 5, 6, 2}
		}
		at, lo, hi := interval(values)
		if at != float64(n-1)/2 || lo != float64(drop) || hi != float64(n-1-drop) {
			t.Errorf("of 0 to %d: %v (%v to %v), want %v (%d to %d)", n-1, at, lo, hi, float64(n-1)/2, drop, n-1-drop)
		}
	}
	var many []float64
	for v := range 5000 { // 2 to the -5000 is 0 as a float64
		many = append(many, float64(v))
	}
	// The normal approximation of the ranks is 2500 - 1.96·√5000/2, and as far from the other end.
	if at, lo, hi := interval(many); at != 2499.5 || lo < 2425 || lo > 2435 || hi != 4999-lo {
		t.Errorf("5000 values: %v from %v to %v, want 2499.5 from about 2430 to as far on the other side", at, lo, hi)
	}
	if _, lo, hi := interval([]float64{1, 2, 3, 4, 5}); lo != 0 || !math.IsInf(hi, 1) {
		t.Errorf("of five: %v to %v, want no interval", lo, hi)
	}
}

func TestDigits(t *testing.T) {
	for got, want := range map[string]string{
		number(0.0123): "0.012", number(1.234): "1.23", number(12.34): "12.3", number(123.4): "123",
		duration(1.5e-9): "1.50\u00a0ns", duration(2e-3): "2\u00a0ms", duration(0.99999e-3): "1.00\u00a0ms", duration(3): "3\u00a0s",
		size(64): "64\u00a0B", size(4 << 20): "4\u00a0MiB", size(1500): "1.46\u00a0KiB",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// plain replaces no-break spaces by spaces.
func plain(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }
