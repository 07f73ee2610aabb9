package stress

import (
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/impls"
)

// stacks returns what the goroutines of the newest bubble are doing inside the implementation, or
// all goroutines of the process that are inside one if there is no bubble. Frames of this
// suite are cut off, and goroutines with no others are left out.
func stacks() string {
	buf := make([]byte, 1<<20)
	return relevant(string(buf[:runtime.Stack(buf, true)]))
}

var bubbleOf = regexp.MustCompile(`^goroutine \d+ .*synctest bubble (\d+)`)

// stacks adds what can be the reason where a bubble shows a waiter that is not blocked for good.
func (t *trial) stacks() string {
	s := stacks()
	if t.impl.Waits == impls.Parked && strings.Contains(s, "time.Sleep") {
		s += "\n(a waiter that sleeps and looks again is not parked: declare Impl.Waits as Elsewhere)"
	}
	return s
}

func relevant(dump string) string {
	newest := 0
	bubbles := map[int][]string{}
	for g := range strings.SplitSeq(dump, "\n\n") {
		bubble := 0
		if m := bubbleOf.FindStringSubmatch(g); m != nil {
			bubble, _ = strconv.Atoi(m[1]) // digits, says the pattern
		}
		newest = max(newest, bubble)
		if outside.MatchString(g) {
			continue
		}
		if theirs := cutSuite(g); theirs != "" {
			bubbles[bubble] = append(bubbles[bubble], theirs)
		}
	}
	kept := bubbles[newest]
	const enough = 12
	if more := len(kept) - enough; more > 0 {
		kept = append(kept[:enough], fmt.Sprintf("… and %d more goroutines", more))
	}
	return strings.Join(kept, "\n")
}

// outside marks goroutines that have called this suite, or that are making this very list.
var outside = regexp.MustCompile(`(?m)^(github\.com/semabench/semabench/stress\.(Run|Check|Judge|relevant)\(|testing\.\(\*[TM]\)\.Run\(|main\.main\()`)

// suite begins the lines of frames that say nothing about an implementation.
var suite = regexp.MustCompile(`^(created by )?(github\.com/semabench/semabench/stress\.|testing\.|testing/synctest\.|` +
	`internal/synctest\.|sync\.\(\*WaitGroup\)|sync\.runtime_|runtime\.)`)

// cutSuite keeps of the stack of a goroutine the frames of the implementation and of what it called,
// or nothing if there are none. A frame is two lines.
func cutSuite(goroutine string) string {
	lines := strings.Split(strings.TrimSpace(goroutine), "\n")
	last := 0
	for i := 1; i+1 < len(lines); i += 2 {
		ours := suite.MatchString(lines[i]) && !strings.Contains(lines[i+1], "_test.go:")
		if !ours {
			last = i + 1
		} else if last > 0 && !strings.HasPrefix(lines[i], "sync.") {
			break // below it is only the suite
		}
	}
	if last == 0 {
		return ""
	}
	return strings.Join(lines[:last+1], "\n")
}

// position returns the line of the clause that failed: the innermost frame of this package that
// is not in one of the files that clauses are made with.
func position() string {
	tools := []string{"trial.go", "call.go", "settle.go", "stacks.go", "line.go"}
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := frames.Next()
		file := filepath.Base(f.File)
		if strings.Contains(f.Function, "semabench/stress.") && !slices.Contains(tools, file) {
			return fmt.Sprintf("%s:%d", file, f.Line)
		}
		if !more {
			return "unknown"
		}
	}
}
