// Package exitcode says how the outcome of a verb becomes the exit code of the command.
//
//	return fmt.Errorf("%w: 3 rows have no samples", exitcode.ErrFailed)
//
//	os.Exit(exitcode.Of(err))
//
// An error that wraps nothing of this package means that the verb refused to begin. Engines return
// these errors and print nothing, so one place decides what the user reads.
package exitcode

import (
	"errors"
	"flag"
)

// The codes of every verb. Unknown is a code of the verbs that can have no answer.
const (
	OK          = 0   // all was done, and nothing failed
	Failed      = 1   // something failed, and the good part was kept
	Refused     = 2   // the command or its input was refused, and nothing was written
	Unknown     = 3   // no failure was found, and a bound ended the search
	Interrupted = 130 // 128+SIGINT, as shells have it
)

var (
	// ErrFailed says that the verb came to its end, and that some of it went wrong.
	ErrFailed = errors.New("not everything went well")

	// ErrInterrupted says that a signal ended the verb before its time. Results until then were kept.
	ErrInterrupted = errors.New("interrupted")
)

// An Error has a code that its verb alone gives.
type Error struct {
	Code int
	Err  error
}

func (e Error) Error() string { return e.Err.Error() }

// Unwrap returns e.Err.
func (e Error) Unwrap() error { return e.Err }

// Of returns the code for the error of a verb: the code of an [Error], else Interrupted, else
// Failed, else Refused. No error and [flag.ErrHelp] are OK.
func Of(err error) int {
	var own Error
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return OK
	case errors.As(err, &own):
		return own.Code
	case errors.Is(err, ErrInterrupted):
		return Interrupted
	case errors.Is(err, ErrFailed):
		return Failed
	}
	return Refused
}
