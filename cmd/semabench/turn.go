package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/stress"
)

// played is what became of a turn: one implementation at a stretch, in a process of its own. What an
// implementation does there (a fatal error, a panic in a goroutine of its own, memory or spinning
// goroutines that it leaves) ends with the process. So does what the race detector keeps of
// every goroutine that ever ran, some 300 bytes.
type played struct {
	Seed    uint64 // of the next program
	Tally   stress.Tally
	Failure *stress.Failure
	Memory  uint64 // bytes, at most
}

// playTurn is the verb of that process. It says which program it is about to play, a line each,
// and in the end the turn; so it is known what was played if the process dies.
func (a app) playTurn(ctx context.Context, args []string) error {
	f := a.flags("turn", "-impl NAME -seed S -ops N", "Plays programs against one implementation, as one turn of stress.")
	implName := f.String("impl", "", "implementation")
	seed := f.Uint64("seed", 1, "seed of the first program")
	ops := f.Int64("ops", 1, "operations to play")
	if err := f.parse(args); err != nil {
		return err
	}
	chosen, err := a.chooseImpls(*implName)
	if err != nil {
		return err
	}
	if len(chosen) != 1 || *ops < 1 || f.NArg() > 0 {
		return fmt.Errorf("want one implementation and a positive number of operations")
	}
	c := stress.Campaign{Impl: chosen[0], Seed: *seed}
	var done played
	for done.Failure == nil && done.Tally.Operations < *ops && ctx.Err() == nil {
		fmt.Fprintf(a.stdout, "%d\n", c.Seed)
		tally, failure := c.Play(ctx, 1) // operations, so one program
		addTally(&done.Tally, tally)
		done.Failure = failure
	}
	done.Seed, done.Memory = c.Seed, peakMemory()
	return json.NewEncoder(a.stdout).Encode(done)
}

// startTurn plays a turn and returns what became of it. A process that died has failed in the
// program that it said last. Nothing is returned of one that was stopped before it could tell.
func startTurn(ctx context.Context, impl impls.Impl, seed uint64, ops int64, procs int) (played, error) {
	self, err := os.Executable()
	if err != nil {
		return played{}, err
	}
	cmd := exec.CommandContext(ctx, self, "turn", "-impl", impl.Name, "-seed", fmt.Sprint(seed), "-ops", fmt.Sprint(ops))
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", procs))
	child.InterruptOnDone(cmd)
	var said, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &complaint
	died := cmd.Run()
	child.AwaitSignal(ctx, died)
	done := played{Seed: seed}
	lines := bufio.NewScanner(&said)
	lines.Buffer(nil, 64<<20) // a picture is in one line
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "{") {
			err := json.Unmarshal(lines.Bytes(), &done)
			if err != nil && ctx.Err() != nil {
				break // it was killed while it told
			}
			if done.Failure != nil && complaint.Len() > 0 { // the race detector's, say
				done.Failure.Report += "\n" + firstLines(complaint.String(), 60)
			}
			return done, err
		}
		if _, err := fmt.Sscan(lines.Text(), &done.Seed); err != nil && ctx.Err() == nil {
			return done, fmt.Errorf("reading %q, which %v said: %w", lines.Text(), cmd, err)
		}
		done.Tally.Programs++
	}
	switch {
	case ctx.Err() != nil:
		return played{Seed: seed}, nil
	case done.Tally.Programs == 0: // it never began
		return done, fmt.Errorf("%v: %w\n%s", cmd, died, firstLines(complaint.String(), 3))
	}
	done.Failure = stress.Died(impl, done.Seed, fmt.Sprintf("the process that played it ended: %v\n%s", died, firstLines(complaint.String(), 60)))
	done.Seed++
	return done, nil
}

// peakMemory is how much of the machine's memory this process had at most, where the system tells,
// and else what the Go runtime has from it.
func peakMemory() uint64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.Lines(string(status)) {
			var kib uint64
			if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
				return kib << 10
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}
