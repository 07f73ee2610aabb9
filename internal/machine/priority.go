package machine

import (
	"errors"
	"sync/atomic"
)

// wanted is set by RaisePriority. It is off at first: a measurement that takes the cores of a shared
// machine is the decision of its user.
var wanted atomic.Bool

// NotWanted is the reason in [Priority] if [RaisePriority] has not asked for more.
const NotWanted = "-priority was not given"

var errNotWanted = errors.New(NotWanted)

// RaisePriority decides whether [StartFirst] raises the priority of the commands that it starts from
// now on. It holds for the whole process: one run must not mix samples of two priorities.
func RaisePriority(on bool) { wanted.Store(on) }
