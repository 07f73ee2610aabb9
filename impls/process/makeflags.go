package process

import (
	"fmt"
	"strconv"
	"strings"
)

// An auth is the description of a jobserver in MAKEFLAGS.
type auth struct {
	fifo        string // path of the fifo; if empty, the descriptors count
	read, write int    // inherited descriptors of a pipe
	jobs        int64  // number of -j, or 0 if it is not given
}

// String returns the value of --jobserver-auth.
func (a auth) String() string {
	if a.fifo != "" {
		return "fifo:" + a.fifo
	}
	return fmt.Sprintf("%d,%d", a.read, a.write)
}

// parseMakeflags parses the variable MAKEFLAGS that GNU make sets for a recipe. The last
// --jobserver-auth counts; its name was --jobserver-fds until make 4.2. The fields after
// a lone -- are variables of the user with arbitrary names, so they are ignored.
func parseMakeflags(flags string) (a auth, err error) {
	value, jobs, found := lastAuth(flags)
	a.jobs = jobs
	if !found {
		return a, fmt.Errorf("process: MAKEFLAGS=%q names no jobserver: run it by make -j2 or more, "+
			"in a recipe that begins with +", flags)
	}
	if path, ok := strings.CutPrefix(value, "fifo:"); ok && path != "" {
		a.fifo = path
		return a, nil
	}
	read, write, ok := strings.Cut(value, ",")
	if ok {
		a.read, err = strconv.Atoi(read)
		if err == nil {
			a.write, err = strconv.Atoi(write)
		}
	}
	if !ok || err != nil {
		return a, fmt.Errorf("process: MAKEFLAGS=%q: --jobserver-auth=%s is neither R,W nor fifo:PATH",
			flags, value)
	}
	if a.read < 0 || a.write < 0 { // make passes -2,-2 to recipes that do not begin with +
		return a, fmt.Errorf("process: MAKEFLAGS=%q: make keeps its jobserver from this command: "+
			"begin the recipe with +", flags)
	}
	return a, nil
}

// lastAuth returns the value of the last --jobserver-auth, and the number of -j if there is one.
func lastAuth(flags string) (value string, jobs int64, found bool) {
	for _, field := range splitFlags(flags) {
		if field == "--" {
			break
		}
		for _, name := range []string{"--jobserver-auth=", "--jobserver-fds="} {
			if rest, ok := strings.CutPrefix(field, name); ok {
				value, found = rest, true
			}
		}
		if number, ok := strings.CutPrefix(field, "-j"); ok {
			if n, err := strconv.ParseInt(number, 10, 32); err == nil && n > 0 {
				jobs = n
			}
		}
	}
	return value, jobs, found
}

// splitFlags splits flags at spaces and tabs. A backslash makes the next character ordinary, and is
// removed.
func splitFlags(flags string) (fields []string) {
	var field strings.Builder
	escaped := false
	for _, c := range flags + " " {
		switch {
		case escaped:
			field.WriteRune(c)
			escaped = false
		case c == '\\':
			escaped = true
		case c == ' ' || c == '\t':
			if field.Len() > 0 {
				fields = append(fields, field.String())
			}
			field.Reset()
		default:
			field.WriteRune(c)
		}
	}
	return fields
}
