package typeprog

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/sync"
)

// A pacer grants one permit in a second. Wait sleeps until the next one. Whole says that a try looks at the clock and
// takes the permit under one lock.
type pacer struct {
	mu    shim.Mutex
	whole bool
	next  time.Time // of the next permit
}

func (p *pacer) Try() (ok bool, left time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := schedrt.Now()
	if d := p.next.Sub(now); d > 0 {
		return false, d.Round(time.Second)
	}
	if !p.whole {
		p.mu.Unlock()
		p.mu.Lock()
	}
	p.next = now.Add(time.Second)
	return true, 0
}

func (p *pacer) Wait() {
	for {
		ok, left := p.Try()
		if ok {
			return
		}
		schedrt.Sleep(left)
	}
}

// While a Wait sleeps, time passes, and a Try of another goroutine that begins then takes the permit. No order of the
// calls at once has that: in each the Try comes too early. A Try that takes a permit twice is found all the same.
func TestTimePassesBetweenCalls(t *testing.T) {
	schedtest.SkipUnderRace(t)
	for _, whole := range []bool{true, false} {
		wrong := map[string]bool{}
		schedules := 0
		for _, text := range []string{"Try() | Try()", "Wait() then Try() | Wait()", "Wait() then Wait() | Wait()"} {
			s, err := New(reflect.TypeFor[*pacer](), func() reflect.Value {
				return reflect.ValueOf(&pacer{whole: whole})
			}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.Program(text)
			if err != nil {
				t.Fatal(err)
			}
			s.Probe()
			var runs []*run
			var outcomes []schedrt.Outcome
			s.everySchedule(5000, func() {
				p.Ready()
				p.Play()
			}, func(out *schedrt.Outcome) {
				runs, outcomes = append(runs, p.run), append(outcomes, *out)
			})
			schedules += len(runs)
			for i, r := range runs {
				if why := p.judge.judge(r, &outcomes[i]); why != "" {
					wrong[text+": "+why] = true
				}
			}
		}
		var all strings.Builder
		for why := range wrong {
			all.WriteString(why + "\n")
		}
		if (len(wrong) == 0) != whole || !whole && !strings.Contains(all.String(), "Try() | Try(): "+noOrder) {
			t.Errorf("with one lock around it all %v: %d schedules, and wrong are %q", whole, schedules, all.String())
		}
		t.Logf("%v: %d schedules %s", whole, schedules, all.String())
	}
}
