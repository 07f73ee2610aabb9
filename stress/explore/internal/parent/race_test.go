package parent

import (
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

const raceReport = `WARNING: DATA RACE
Write at 0x00c000012345 by goroutine 9:
  example.com/m.count.func1()
      /src/m/count.go:12 +0x44
  github.com/semabench/semabench/stress/explore/schedrt.(*G).main()
      /src/semabench/stress/explore/schedrt/goroutine.go:80 +0x20

Previous read at 0x00c000012345 by goroutine 8:
  example.com/m.count.func2()
      /src/m/count.go:15 +0x30

Goroutine 9 (running) created at:
  example.com/m.count()
      /src/m/count.go:10 +0x99
`

// Both accesses of a report are read, without the frames of the engine and without the origins.
func TestParseRace(t *testing.T) {
	race := parseRace(raceReport)
	want := []failure.Access{
		{What: "write", Func: "m.count.func1"}, {What: "earlier read", Func: "m.count.func2"},
	}
	if len(race.Accesses) != len(want) {
		t.Fatalf("%d accesses, want %d: %+v", len(race.Accesses), len(want), race.Accesses)
	}
	for i, a := range race.Accesses {
		if a.What != want[i].What || a.Func != want[i].Func || len(a.Stack) != 1 {
			t.Errorf("access %d: %s by %s with %d frames, want %s by %s with 1",
				i, a.What, a.Func, len(a.Stack), want[i].What, want[i].Func)
		}
	}
}

// A race with the engine is no race of the program. An access whose stack the detector has lost may be
// one of the program.
func TestRaceWithTheEngine(t *testing.T) {
	const program = "  example.com/m.count.func2()\n      /src/m/count.go:15 +0x30\n"
	for stack, want := range map[string]bool{
		program: false, "  [failed to restore the stack]\n": false,
		"  github.com/semabench/semabench/stress/explore/internal/player.readRequests()\n      /src/x.go:3 +0x1\n": true,
	} {
		text := strings.Replace(raceReport, program, stack, 1)
		r := &verdict.Result{Story: &failure.Report{Race: parseRace(text)}}
		if got := withEngine(r); got != want {
			t.Errorf("%v, want %v for\n%s", got, want, text)
		}
	}
}
