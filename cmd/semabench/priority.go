package main

import (
	"os"
	"strconv"

	"github.com/semabench/semabench/internal/machine"
)

// priorityDoc is the paragraph on -priority in the help of the verbs that measure.
const priorityDoc = `Priority: with -priority, and always if the environment has CI=true, a process that is measured gets a core
before all other processes, as root on Linux may decide. Other work on the machine then waits. The text has the
priority: "priority: -20", or the reason why it is not raised.`

// A priorityFlag is -priority. Its default is the environment: a runner of a CI system has no other work, and a
// user's machine has.
type priorityFlag struct {
	given, on bool
}

// priorityFlag adds the flag to f. The value counts once use was called, after the flags were parsed.
func (f *flagSet) priorityFlag() *priorityFlag {
	p := &priorityFlag{}
	f.Var(p, "priority", "measure before all other processes, as root on Linux may (default in CI)")
	return p
}

// String is empty without a value, so that the help shows no default beside the words.
func (p *priorityFlag) String() string {
	if !p.given {
		return ""
	}
	return strconv.FormatBool(p.on)
}

func (p *priorityFlag) Set(s string) (err error) {
	p.given = true
	p.on, err = strconv.ParseBool(s)
	return err
}

// IsBoolFlag tells package flag that -priority needs no value.
func (p *priorityFlag) IsBoolFlag() bool { return true }

// use makes the choice hold for every process that is measured from now on.
func (p *priorityFlag) use() {
	inCI, _ := strconv.ParseBool(os.Getenv("CI")) // no value and no boolean: not in CI
	machine.RaisePriority(p.on || !p.given && inCI)
}
