package machine

import (
	"math"
	"runtime"
	"testing"
	"time"
)

func TestNoise(t *testing.T) {
	before := reading{busy: 10 * time.Second, steal: time.Second, own: 2 * time.Second, stalled: 0}
	after := reading{busy: 13 * time.Second, steal: 1500 * time.Millisecond, own: 4 * time.Second,
		stalled: 500 * time.Millisecond, load1: 1.5}
	mustMake(t, noiseBetween(before, after, 2*time.Second),
		Noise{"noise-foreign-cores", 0.5}, Noise{"noise-steal-cores", 0.25},
		Noise{"noise-psi-cpu", 0.25}, Noise{"noise-load1", 1.5})

	// Ticks are coarse: this process can seem to have used more time than all processes together.
	after.own = 9 * time.Second
	if got := noiseBetween(before, after, 2*time.Second)[0].Value; got != 0 {
		t.Errorf("others used %v cores, want 0", got)
	}
}

// A figure that cannot be read is left out.
func TestNoNoise(t *testing.T) {
	none := reading{busy: -1, steal: -1, own: -1, stalled: -1, load1: -1}
	mustMake(t, noiseBetween(none, none, time.Second))
	half := none
	half.load1 = 2
	mustMake(t, noiseBetween(none, half, time.Second), Noise{"noise-load1", 2})
}

func TestParsing(t *testing.T) {
	const stat = "cpu  100 10 30 5000 7 1 2 50 20 0\ncpu0 1 2 3\n"
	if busy, steal := parseStat(stat); busy != 1430*time.Millisecond || steal != 500*time.Millisecond {
		t.Errorf("parseStat = %v, %v, want 1.43s, 500ms", busy, steal)
	}
	if busy, steal := parseStat("intr 5\n"); busy != -1 || steal != -1 {
		t.Errorf("parseStat of something else = %v, %v, want -1", busy, steal)
	}
	const pressure = "some avg10=6.17 avg60=12.60 avg300=20.74 total=2500\nfull avg10=0.00 total=7\n"
	if got := parsePressure(pressure); got != 2500*time.Microsecond {
		t.Errorf("parsePressure = %v, want 2.5ms", got)
	}
	if got := parsePressure(""); got != -1 {
		t.Errorf("parsePressure of nothing = %v, want -1", got)
	}
	if got := parseLoad("1.43 1.70 1.88 1/86 22868\n"); got != 1.43 {
		t.Errorf("parseLoad = %v, want 1.43", got)
	}
	if got := parseLoad(""); got != -1 {
		t.Errorf("parseLoad of nothing = %v, want -1", got)
	}
}

// The work of this process is no noise. The test waits until it has used 50 ms of processor time,
// which is five ticks.
func TestWatchKnowsItsOwnWork(t *testing.T) {
	w := StartWatch()
	if runtime.GOOS != "linux" {
		mustMake(t, w.Noise())
		return
	}
	for read().own-w.before.own < 50*time.Millisecond {
	}
	for _, n := range w.Noise() {
		if math.IsNaN(n.Value) || n.Value < 0 || n.Value > 1000 {
			t.Errorf("%s = %v, want a sensible figure", n.Unit, n.Value)
		}
	}
}

func mustMake(t *testing.T, got []Noise, want ...Noise) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("noise = %v, want %v", got, want)
	}
	for i := range want {
		if got[i].Unit != want[i].Unit || math.Abs(got[i].Value-want[i].Value) > 1e-9 {
			t.Errorf("noise = %v, want %v", got[i], want[i])
		}
	}
}
