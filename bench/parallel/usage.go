package parallel

import (
	"os"
	"time"
)

// usage is what processes have used up.
type usage struct {
	User, System time.Duration

	// Context switches: of threads that gave up their core to wait, and of those that lost it.
	// -1 means that nobody counts them.
	Voluntary, Involuntary int64
}

func (u usage) cpu() time.Duration { return u.User + u.System }

func (u usage) plus(v usage) usage {
	return usage{u.User + v.User, u.System + v.System, u.Voluntary + v.Voluntary,
		u.Involuntary + v.Involuntary}
}

func (u usage) minus(v usage) usage {
	return usage{u.User - v.User, u.System - v.System, u.Voluntary - v.Voluntary,
		u.Involuntary - v.Involuntary}
}

// usageOf is that of a child that has been waited for.
func usageOf(ended *os.ProcessState) usage {
	u := usage{User: ended.UserTime(), System: ended.SystemTime()}
	u.Voluntary, u.Involuntary = switchesOf(ended)
	return u
}
