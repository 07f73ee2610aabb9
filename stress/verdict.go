package stress

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/semabench/semabench/impls"
)

// A Clause is one sentence of the contract.
type Clause struct {
	ID   string // C1 to C38, or R1 for the random programs, which check many clauses
	Name string
	Text string
}

// An Outcome is the result of checking one clause. Unknown is not a pass: something was missing to
// judge.
type Outcome int

const (
	Pass Outcome = iota
	Fail
	Unknown
)

// String returns pass, FAIL or unknown.
func (o Outcome) String() string { return [...]string{"pass", "FAIL", "unknown"}[o] }

// A Verdict is the result of checking one clause against one implementation.
type Verdict struct {
	Impl string
	Clause
	Outcome Outcome
	Detail  string // what was observed, or what was missing; empty on a pass

	// These three are set only if a random program failed.
	Seed    uint64 // of the program as it was drawn
	Program string // after shrinking, in the notation of -stress.program
	Page    []byte // a picture of a history that is not linearizable, in HTML

	needsRace bool // the outcome is unknown because the race detector is missing
}

// String returns the implementation, the outcome, the sentence of the contract, and the detail.
func (v Verdict) String() string {
	s := fmt.Sprintf("%s: %v: %s %s: “%s”", v.Impl, v.Outcome, v.ID, v.Name, v.Text)
	if v.Detail == "" {
		return s
	}
	return s + "\n\t" + strings.ReplaceAll(strings.TrimSpace(v.Detail), "\n", "\n\t")
}

// picture writes the picture of a history to a file and returns a line that names the file. The page has
// the command that plays the history again.
func (v Verdict) picture(replay string) string {
	if v.Page == nil {
		return ""
	}
	path, err := writePage(v.Impl, withReplay(v.Page, strings.TrimPrefix(replay, "replay: ")))
	if err != nil {
		return "\n" + err.Error()
	}
	return "\npicture: " + path
}

// writePage writes the picture of a history into the folder of -stress.out and returns its path.
// The name is drawn at random, so runs that share a folder overwrite nothing of each other.
func writePage(impl string, page []byte) (string, error) {
	if err := os.MkdirAll(outDir(), 0o755); err != nil {
		return "", fmt.Errorf("making the folder of -stress.out: %w", err)
	}
	f, err := os.CreateTemp(outDir(), "stress-"+impl+"-*.html")
	if err != nil {
		return "", fmt.Errorf("writing the picture of the history: %w", err)
	}
	_, err = f.Write(page)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("writing the picture of the history: %w", err)
	}
	return filepath.Abs(f.Name())
}

// A failure says how an implementation broke a clause. A failure travels as a panic from a step to
// play, so that steps need not return errors. It is a value and not a pointer, so errors.As finds
// it by its type alone.
type failure struct {
	message string
	seed    uint64 // this and the following fields are set for random programs only
	program string
	page    []byte
}

func (f failure) Error() string { return f.message }

// An unknown says what was missing to judge a clause.
type unknown struct {
	missing string
	race    bool // the race detector is missing
}

func (u unknown) Error() string { return u.missing }

// A hung says that a clause never ended.
type hung struct {
	patience time.Duration
	waits    impls.Waits
	stacks   string
}

func (h hung) Error() string {
	advice := ""
	if h.waits == impls.Parked {
		advice = "; if waiters are not parked on channels or sync.Cond, declare Impl.Waits"
	}
	return fmt.Sprintf("still running, and nothing moved for %v%s\n%s", h.patience, advice, h.stacks)
}

// goexit is the failure of a call that ends its goroutine. Without it, the clause would end early
// and count as passed.
var goexit = failure{message: "a call ended its goroutine by runtime.Goexit; it must return or panic"}
