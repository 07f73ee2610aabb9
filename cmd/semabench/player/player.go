// Package player is the program that plays random programs for semabench stress -impl, and says what
// implementations declare for semabench policies -impl. Those verbs write and build it when -impl
// names a constructor:
//
//	func main() { player.Main(append(impls.All(), impls.Of("mine", mine.New))) }
//
// # How to run it
//
//	./player table
//	./player turn -impl mine -seed 1 -ops 1000
//	./player replay -times 1000 stress-failures/mine-C34-9.txt
//
// # What this does not show
//
// One turn is a fraction of a second. semabench stress takes turns until the time is over, and
// keeps the programs that fail.
package player

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/semabench/semabench/cmd/internal/soak"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/interrupt"
)

// Main is the main function of the program. The first signal ends it after the program at hand, as
// the parent expects; the second one ends it at once.
func Main(table []impls.Impl) {
	err := answer(interrupt.Context(), os.Args[1:], table, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(exitcode.Of(err))
}

// answer runs the verb of the arguments. Every verb refuses a table in which two implementations have one name: the
// row of one would count the programs of the other.
func answer(ctx context.Context, args []string, table []impls.Impl, stdout, stderr io.Writer) error {
	if err := check(table); err != nil {
		return err
	}
	if len(args) == 0 {
		return errors.New("want table, turn or replay")
	}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.SetOutput(stderr)
	name := f.String("impl", "", "implementation")
	seed := f.Uint64("seed", 1, "seed of the first program")
	ops := f.Int64("ops", 1, "operations to play")
	times := f.Int("times", 1000, "how often to play the program of a file")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "table":
		return json.NewEncoder(stdout).Encode(declarations(table))
	case "turn":
		i := slices.IndexFunc(table, func(impl impls.Impl) bool { return impl.Name == *name })
		if i < 0 {
			return fmt.Errorf("unknown implementation %q", *name)
		}
		return soak.ServeTurn(ctx, stdout, table[i], *seed, *ops)
	case "replay":
		return soak.Replay(ctx, f.Arg(0), *times, table, stdout, stderr)
	}
	return fmt.Errorf("unknown verb %q: want table, turn or replay", args[0])
}

// check refuses a table that no verb could use: the table of another package may have any content.
func check(table []impls.Impl) error {
	seen := map[string]bool{}
	for _, impl := range table {
		if err := impl.Validate(); err != nil {
			return err
		}
		if seen[impl.Name] {
			return fmt.Errorf("two implementations are named %s", impl.Name)
		}
		seen[impl.Name] = true
	}
	return nil
}

// A declaration is an Impl without its constructor, which JSON cannot hold: a func in a struct is an error of package
// json. The outer New takes the place of the inner one, because the shallower of two fields with one name wins.
type declaration struct {
	impls.Impl
	New any `json:",omitempty"`
}

func declarations(table []impls.Impl) (all []declaration) {
	for _, impl := range table {
		all = append(all, declaration{Impl: impl})
	}
	return all
}

// ReadTable reads the output of the program with the argument table. The implementations have no
// constructor: they say what they declare, and only the program can make them.
func ReadTable(text string) (all []impls.Impl, err error) {
	var read []declaration
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		return nil, fmt.Errorf("reading the table of the program: %w", err)
	}
	for _, d := range read {
		all = append(all, d.Impl)
	}
	return all, nil
}
