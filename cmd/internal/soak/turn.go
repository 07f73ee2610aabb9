package soak

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/rusage"
	"github.com/semabench/semabench/stress"
)

// A turn is the result of one implementation's turn. The child process prints it as one line of
// JSON.
//
// A turn has a process of its own because an implementation may end it: by a fatal error or by a
// panic in a goroutine of its own. Memory and spinning goroutines that the implementation leaves
// behind end with the process, and so do the 300 bytes or so that the race detector keeps for
// every goroutine that ever ran.
type turn struct {
	Seed    uint64 // of the next program
	Tally   stress.Tally
	Failure *stress.Failure
	Memory  uint64 // peak, in bytes
}

// ServeTurn plays programs against impl in this process, from a seed on, until at least the given
// number of operations was run, a program failed, or ctx is done. It writes the seed of each
// program on a line before it plays the program, and the turn at the end: if the process dies, its
// parent knows which program was at hand. A program is played by one call of Play with a budget of
// one operation, since a call plays whole programs.
//
// The seed is printed before its program and not with the result: after a crash the line is all
// that is left. Output is not buffered for the same reason.
func ServeTurn(
	ctx context.Context, w io.Writer, impl impls.Impl, seed uint64, operations int64,
) error {
	if operations < 1 {
		return errors.New("want a positive number of operations")
	}
	c := stress.Campaign{Impl: impl, Seed: seed}
	var played turn
	for played.Failure == nil && played.Tally.Operations < operations && ctx.Err() == nil {
		fmt.Fprintf(w, "%d\n", c.Seed)
		tally, failure := c.Play(ctx, 1) // at least one operation, which is one program
		addTally(&played.Tally, tally)
		played.Failure = failure
	}
	played.Seed, played.Memory = c.Seed, peakMemory()
	return json.NewEncoder(w).Encode(played)
}

// runTurn plays a turn in a child process. A child that died has failed in the program whose seed
// it printed last. A child that was stopped before it printed a result returns an empty turn.
//
// After a death, the next turn begins one seed further: the program that killed the child would
// kill the next one too, and nothing else would ever be played. Standard output is read when the
// child has ended. It has one short line for each program and the result, so it fits into memory.
//
// The deadline of the soak reaches the child as an interrupt, and the child answers with a
// complete result. Only a child that hangs is killed, and its turn is lost.
func runTurn(
	ctx context.Context, program string, impl impls.Impl, seed uint64, operations int64, procs int,
) (turn, error) {
	if program == "" {
		self, err := os.Executable()
		if err != nil {
			return turn{}, err
		}
		program = self
	}
	cmd := exec.CommandContext(ctx, program, "turn", "-impl", impl.Name, "-seed", fmt.Sprint(seed),
		"-ops", fmt.Sprint(operations))
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", procs))
	child.InterruptOnDone(cmd) // the child ends after its program, unless that hangs
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	died := child.Run(ctx, cmd)
	played := turn{Seed: seed}
	lines := bufio.NewScanner(&stdout)
	lines.Buffer(nil, 64<<20) // the page of a failure is one line of JSON
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "{") {
			err := json.Unmarshal(lines.Bytes(), &played)
			if err != nil && ctx.Err() != nil {
				break // the child was killed while it wrote the result
			}
			// The race detector writes to standard error, and its report is the cause of such a
			// failure.
			if played.Failure != nil && stderr.Len() > 0 { // a report of the race detector, for example
				played.Failure.Report += "\n" + excerpt.Lines(stderr.String(), reportLines)
			}
			return played, err
		}
		if _, err := fmt.Sscan(lines.Text(), &played.Seed); err != nil && ctx.Err() == nil {
			return played, fmt.Errorf("reading %q, printed by %v: %w", lines.Text(), cmd, err)
		}
		played.Tally.Programs++
	}
	died = cmp.Or(died, errNoResult)
	switch {
	case ctx.Err() != nil:
		return turn{Seed: seed}, nil
	// Another child would not begin either, so this ends the soak, while a child that died in a
	// program does not.
	case played.Tally.Programs == 0: // the child never began
		return played, fmt.Errorf("%v: %w\n%s", cmd, died, excerpt.Lines(stderr.String(), 3))
	}
	played.Failure = stress.Died(impl, played.Seed,
		fmt.Sprintf("the process that played it ended: %v\n%s",
			died, excerpt.Lines(stderr.String(), reportLines)))
	played.Seed++
	return played, nil
}

// errNoResult is the end of a child that printed no result and yet reported success. An
// implementation that calls os.Exit(0) leads there. It is a failure: package exec calls it no
// error, and without this text the file would say “ended: <nil>”.
var errNoResult = errors.New("exit status 0 without a result, as after os.Exit(0)")

// reportLines hold a report of the race detector, or the stacks of the first goroutines of a crash.
const reportLines = 60

// peakMemory returns the largest memory of this process, in bytes. Where the system does not report
// it, peakMemory returns the memory that the Go runtime has from the system now.
func peakMemory() uint64 {
	if peak := rusage.PeakMemory(); peak > 0 {
		return uint64(peak)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}
