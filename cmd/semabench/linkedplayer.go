package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"github.com/semabench/semabench/cmd/internal/layout"
	"github.com/semabench/semabench/cmd/semabench/player"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/stress"
)

// A linkedPlayer is the program of package player with constructors of other packages. It is for one
// verb and one call: the program is built from the code of this moment.
type linkedPlayer struct {
	path         string
	made         []impls.Impl // by the constructors, without New: only the program can make them
	constructors string       // as flag -impl takes them in every folder of the module
	close        func() error
}

// linkPlayer builds the program. It has the race detector if this executable has it, so the choice
// of the user holds for the user's implementation as well.
//
// The names of the table are taken: an implementation of the user gets another name, and so no result is
// ever shown under the name of an implementation of this module.
func (a app) linkPlayer(ctx context.Context, constructors []layout.Constructor) (*linkedPlayer, error) {
	var taken []string
	for _, impl := range a.known() {
		taken = append(taken, impl.Name)
	}
	l, err := layout.New(ctx, layout.Player, constructors, taken)
	if err != nil {
		return nil, cannotLink(ctx, err)
	}
	p := &linkedPlayer{close: l.Close}
	table, err := p.build(ctx, l)
	if err != nil {
		_ = l.Close() // the user needs err
		return nil, cannotLink(ctx, err)
	}
	// The table of the program has the implementations of this module too. The chosen ones among them are played by
	// the same program, and are in the list of the caller already.
	for _, impl := range table {
		if !slices.Contains(taken, impl.Name) {
			p.made = append(p.made, impl)
		}
	}
	var names []string
	for _, c := range l.Constructors {
		names = append(names, c.String())
	}
	p.constructors = strings.Join(names, ",")
	return p, nil
}

// build builds the program and asks for its table. If the program fails, a constructor is
// at fault, and the message of the program names it. The error leaves out the path of the program, which
// would mean nothing to the user.
//
// The table is asked for once, right after the build. A constructor that panics or returns nil thus fails before
// anything is measured or played, and not in the first turn of a run of hours.
func (p *linkedPlayer) build(ctx context.Context, l *layout.Linker) (table []impls.Impl, err error) {
	if p.path, err = l.BuildPlain(ctx, stress.RaceDetector); err != nil {
		return nil, err
	}
	text, err := child.Output(ctx, "", nil, p.path, "table")
	var failure *child.Failure
	if errors.As(err, &failure) && failure.Stderr != "" {
		return nil, errors.New(excerpt.Lines(failure.Stderr, 6))
	}
	if err != nil {
		return nil, err
	}
	return player.ReadTable(text)
}

// cannotLink is the error of a verb that has no program for -impl. An interrupt also breaks the build, with
// an error of the go command that says nothing to the user; so ctx is asked first.
func cannotLink(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: the program for -impl was not built", exitcode.ErrInterrupted)
	}
	return fmt.Errorf("building a program for -impl: %w", err)
}

// replay plays the program in the file of a failure again, in the linked program: this executable has no code
// of the user's implementation.
//
// The exit code of the program is passed on, so the verb replay means the same for every implementation. Its
// standard error is held back until it ended: it is the message of the error if the program failed, and
// would be printed twice otherwise.
func (p *linkedPlayer) replay(ctx context.Context, file string, times int, stdout, stderr io.Writer) error {
	cmd := exec.CommandContext(ctx, p.path, "replay", "-times", fmt.Sprint(times), file)
	child.InterruptOnDone(cmd)
	var complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = stdout, &complaint
	err := child.Run(ctx, cmd)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exitcode.Error{Code: exit.ExitCode(), Err: errors.New(strings.TrimSpace(complaint.String()))}
	}
	if err != nil {
		return fmt.Errorf("%w: %w\n%s", exitcode.ErrFailed, err, &complaint)
	}
	_, err = stderr.Write(complaint.Bytes())
	return err
}
