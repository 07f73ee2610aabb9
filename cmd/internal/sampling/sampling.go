// Package sampling takes the samples of a plan, each in a process of its own, and keeps them in
// one file of benchmark text.
//
//	var f sampling.PlanFlags
//	f.AddTo(flagSet)
//	plan, err := f.Plan(options)
//	text, err := sampling.Start(ctx, options, plan, dir)
//
// # How to run it
//
// The command semabench run calls this package. Samples are taken in rounds. A round takes one
// sample of each row, with a program that is linked for it in a random order; see package layout.
// Within a round the implementations of one case follow each other, so that they meet the machine
// in the same state.
//
// The text is complete up to the last sample at every moment. [Resume] goes on with an interrupted
// text at the sample where it ended, and refuses if the machine, the settings, Go or the code
// changed.
//
// # What this does not show
//
// The package takes samples and compares nothing. Package reports does that.
package sampling

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/semabench/semabench/internal/benchkey"
	"github.com/semabench/semabench/internal/machine"
)

// TextName is the name of the text in the folder of the results.
const TextName = "bench.txt"

// Start takes the samples of a plan, and writes them into a new text in dir. It writes nothing
// before it has a program that can take samples.
//
// It returns the path of the text, also together with an error if the text has a beginning; with
// the path "" nothing was written.
//
// The order of the steps is an order of cost: the name of the file, then a build of seconds,
// then the header, and only then a file. A refusal at any of them leaves nothing behind.
func Start(ctx context.Context, o Options, p Plan, dir string) (text string, err error) {
	path := filepath.Join(dir, TextName)
	if err := mustBeFree(path); err != nil {
		return "", err
	}
	r, err := prepare(ctx, o, p, 0)
	if err != nil {
		return "", err
	}
	defer r.programs.Close()
	head, err := r.header(ctx)
	if err != nil {
		return "", err
	}
	f, err := Create(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	r.text = f
	err = r.write(fmt.Sprintf("%s%s%s\n%s%v\n", head, CodeKey, r.program.Code, PlanKey, r.plan))
	if err == nil {
		err = r.measure(ctx)
	}
	return path, err
}

// Resume goes on with the text in dir. It returns the same as [Start]. It refuses if a figure that
// was taken now could differ for other reasons than chance; mustMatch lists them.
//
// The text is opened for writing only when everything fits. A refused text stays as it was, with
// its cut line.
func Resume(ctx context.Context, o Options, dir string) (text string, err error) {
	earlier, err := readText(filepath.Join(dir, TextName))
	if err != nil {
		return "", err
	}
	r, err := continued(ctx, o, earlier)
	if err != nil {
		return "", err
	}
	defer r.programs.Close()
	if r.complete() {
		fmt.Fprintf(o.Stderr, "%s is complete: nothing is left to measure\n", earlier.path)
	}
	if earlier.cut != "" {
		fmt.Fprintf(o.Stderr, "%s ended within a line, which is a comment now; its sample is taken "+
			"again: %s\n",
			earlier.path, earlier.cut)
	}
	f, err := earlier.open()
	if err != nil {
		return "", fmt.Errorf("opening what was measured: %w", err)
	}
	defer f.Close()
	r.text = f
	return earlier.path, r.measure(ctx)
}

// continued returns the run that wrote the earlier text, if all is as it was. It links the first
// program even if the text ends in a later round, because only a program can say which rows there
// are.
//
// The failed rows of the text stay failed, so that every round has the same rows; a new text is
// the way to try them again.
func continued(ctx context.Context, o Options, earlier *earlierText) (*run, error) {
	p, err := ParsePlan(o, earlier.plan)
	if err != nil {
		return nil, fmt.Errorf("the plan in %s: %w", earlier.path, err)
	}
	// The plan has no priority, as a machine may refuse it. The text says which one the samples had, and
	// mustMatch asks whether this machine gives it again.
	before := valueOf(configOf(strings.Join(earlier.config, "\n")), benchkey.Priority)
	machine.RaisePriority(!strings.HasSuffix(before, machine.NotWanted))
	// The rows are known once a program is built. beginRound links again if they begin in another
	// round than the first.
	r, err := prepare(ctx, o, p, 0)
	if err != nil {
		return nil, err
	}
	taken, err := earlier.taken(r.rows)
	var head string
	if err == nil {
		head, err = r.header(ctx)
	}
	if err == nil {
		err = earlier.mustMatch(head, r.program.Code)
	}
	if err != nil {
		return nil, errors.Join(err, r.programs.Close())
	}
	r.taken, r.workload = taken, earlier.workload
	for row, cause := range earlier.failed {
		r.failed[row] = errors.New(cause)
	}
	return r, nil
}

// mustBeFree refuses a path where the results of another run are. It runs before anything is built.
// Create refuses again, without a gap between the look and the file.
//
// The message differs for a run that was interrupted, since going on is then what the user most
// likely wants.
func mustBeFree(path string) error {
	if _, err := os.Lstat(path); err != nil {
		return nil // the file is missing, or Create will fail and say why
	}
	earlier, err := readText(path)
	if err == nil && len(earlier.rows) < earlier.planned() {
		return fmt.Errorf("%s exists, of a run that was interrupted after %d of %d samples: "+
			"go on with it by semabench run -resume %s, or name another folder with -o",
			path, len(earlier.rows), earlier.planned(), filepath.Dir(path))
	}
	return fmt.Errorf("%s exists: name another folder with -o, or remove it", path)
}

// Create creates an empty file for results, and its folder if that does not exist. It refuses a
// file that exists.
func Create(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("making the folder for the results: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("making the file for the results: %w", err)
	}
	return f, nil
}
