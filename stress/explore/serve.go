package explore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
)

// A child hears requests on its standard input, and replies on its standard output. The test may put
// something else into these variables.
var heard, told = os.Stdin, os.Stdout

// A server is a child at its door.
type server struct {
	t      *testing.T
	player *player
}

// serve does what it is asked for until nobody can ask any more, because the parent has what it wanted
// or is dead.
func serve(t *testing.T, programs func(o Options) ([]program, error)) {
	var o Options
	if err := json.Unmarshal([]byte(os.Getenv(optionVar)), &o); err != nil {
		t.Fatalf("explore: reading %s: %v", optionVar, err)
	}
	all, err := programs(o)
	if err != nil {
		t.Fatalf("explore: %v", err)
	}
	o.stuck = func(stacks string) { giveUp(stacks) }
	s := &server{t: t, player: newPlayer(o, all)}
	defer s.player.close()
	for requests := json.NewDecoder(heard); ; {
		var r request
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("explore: reading a request: %v", err)
		}
		if err := send(s.do(r)); err != nil {
			t.Fatalf("explore: %v", err)
		}
	}
}

func (s *server) do(r request) reply {
	switch {
	case r.First:
		return reply{Result: s.first()}
	case r.Tell != nil:
		return reply{Result: s.tell(r.Tell)}
	}
	return reply{Answer: s.player.play(*r.Task)}
}

// first returns the result if one schedule is all that is wanted, or if the program cannot be explored.
func (s *server) first() *Result {
	if r := outOfReach(); r != nil {
		return r
	}
	o, programs := s.player.options, s.player.programs
	if o.Schedule != "" {
		return replayOne(programs[0], o)
	}
	if len(programs) > 1 {
		return nil // they are our own
	}
	if diff := nondeterminism(programs[0], o); diff != "" {
		return &Result{Verdict: "fail", What: "nondeterminism", Text: diff}
	}
	return nil
}

// tell minimises a finding of any process and tells it.
func (s *server) tell(f *found) *Result {
	schedule, err := strategy.Parse(f.Schedule)
	if err != nil {
		return &Result{Verdict: "fail", What: f.What, Text: err.Error()}
	}
	search := s.player.search(f.Program)
	if strings.HasPrefix(f.What, refused) {
		return search.refusal(search.play(search.exec, &strategy.Replay{Schedule: schedule}))
	}
	return search.failure(s.t, &finding{
		schedule: schedule, preempted: f.Preempted, what: f.What, strategy: f.Strategy, nth: f.Nth,
	})
}

// send writes a reply, on a line of its own whatever the test has written before.
func send(r reply) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(told, "\n%s%s\n", replyMark, text)
	return err
}

const outOfControl = "out of control"

// giveUp ends a child of which a goroutine does not come back.
func giveUp(stacks string) {
	err := send(reply{Result: &Result{Verdict: "fail", What: outOfControl, Text: outOfControl + ": a goroutine has " +
		"run for 10 s without an operation that explore knows. It loops, or waits for the network, a file, " +
		"another process or a package that is not instrumented:\n" + stacks}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}
