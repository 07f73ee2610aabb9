// Package wire is the protocol between the parent process and the player processes of an
// exploration.
//
// The parent starts the instrumented test binary with CallVar and OptionsVar set, and writes each
// Request as one line of JSON to its standard input. The player writes each Reply to its standard
// output, as a line that begins with a mark:
//
//	semabench-explore-reply:{"Answer":{"ID":7,…}}
//
// The mark separates replies from the lines that the explored test itself prints. Closing the
// standard input asks the player to end; so a player also ends when its parent dies.
package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// The environment of a player process. CallVar also tells a process that it is a player: a player
// never starts processes of its own.
const (
	CallVar    = "SEMABENCH_EXPLORE_NTH"     // which call of package explore to play, see CallName
	OptionsVar = "SEMABENCH_EXPLORE_OPTIONS" // the options of the exploration, as JSON

	// ScratchVar is the folder for the files of this exploration. The parent removes it. If the
	// parent dies first, a player does.
	ScratchVar = "SEMABENCH_EXPLORE_SCRATCH"

	// ParentVar is the process ID of the parent. A player cannot ask the system for it: if the parent
	// has died before the player asks, the system names another process.
	ParentVar = "SEMABENCH_EXPLORE_PARENT"

	// ScratchPrefix begins the name of that folder.
	ScratchPrefix = "explore"
)

// CallName returns the value of CallVar for a call of package explore, counted from 1 in its test. It has
// the name of the test: the flag -test.run runs the subtests of a test as well, and a subtest has calls of
// its own.
func CallName(test string, call int) string { return fmt.Sprintf("%d %s", call, test) }

// A Request asks a player for one thing: exactly one field is set, apart from Seconds.
type Request struct {
	Task     *task.Task    `json:",omitempty"` // play this task
	Describe *task.Finding `json:",omitempty"` // minimise this failure and describe it
	Confirm  *task.Finding `json:",omitempty"` // play the schedule of this failure again
	Decide   *task.Finding `json:",omitempty"` // find the decision of this failure
	Prepare  bool          `json:",omitempty"` // replay the given schedule, or check the program

	// Seconds belongs to Describe and Decide: the time for it. A player may take less by itself.
	Seconds float64 `json:",omitempty"`
}

// A Reply answers one Request. Result ends the exploration if it is set, except in the replies to
// Confirm and Decide.
//
// The first reply of a player is Ready and answers nothing: the test has come to the call that is
// explored. The start of the process and the code of the test before that call are no time of the exploration.
//
// At answers nothing, either. A player that still plays after the end of its input says where the
// schedule has come to.
type Reply struct {
	Ready  bool            `json:",omitempty"`
	At     string          `json:",omitempty"`
	Answer *task.Answer    `json:",omitempty"`
	Result *verdict.Result `json:",omitempty"`
}

const replyMark = "semabench-explore-reply:"

// WriteRequest writes r as a line.
func WriteRequest(w io.Writer, r Request) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// WriteReply writes r on a line of its own, even if the test has left a line unfinished.
func WriteReply(w io.Writer, r Reply) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s%s\n", replyMark, text)
	return err
}

// ReadReply reads a reply from a line of a player's output. It reports false if the line is no
// reply, but output of the test.
func ReadReply(line []byte) (r Reply, isReply bool, err error) {
	text, ok := bytes.CutPrefix(line, []byte(replyMark))
	if !ok {
		return r, false, nil
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, true, fmt.Errorf("reading a reply: %w", err)
	}
	return r, true, nil
}
