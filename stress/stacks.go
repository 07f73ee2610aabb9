package stress

import (
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// stacks returns what the goroutines of the newest bubble are doing inside the implementation. If
// there is no bubble, it takes all goroutines of the process. Frames of this suite are cut off, and
// goroutines that have no other frames are left out. The newest bubble is the bubble of the clause
// that runs: bubbles are numbered in the order of their creation. Goroutines that an earlier clause
// abandoned stay in older bubbles and would mislead. The text is cut at 1 MiB, which holds some
// thousands of goroutines.
//
// runtime.Stack stops the world. It runs only when a verdict is already bad.
func stacks() string {
	buf := make([]byte, 1<<20)
	return relevantStacks(string(buf[:runtime.Stack(buf, true)]))
}

var bubbleOf = regexp.MustCompile(`^goroutine \d+ .*synctest bubble (\d+)`)

// relevantStacks works on the text of a dump and not on runtime.Frames: only the text has the state
// of a goroutine (“chan receive”), its bubble, and the line that created it.
func relevantStacks(dump string) string {
	newest := 0
	bubbles := map[int][]string{}
	for g := range strings.SplitSeq(dump, "\n\n") {
		bubble := 0
		if m := bubbleOf.FindStringSubmatch(g); m != nil {
			bubble, _ = strconv.Atoi(m[1]) // the pattern matches digits only
		}
		newest = max(newest, bubble)
		if outsideClause.MatchString(g) {
			continue
		}
		if frames := implementationFrames(g); frames != "" {
			bubbles[bubble] = append(bubbles[bubble], frames)
		}
	}
	shown := bubbles[newest]
	const enough = 12
	if more := len(shown) - enough; more > 0 {
		shown = append(shown[:enough], fmt.Sprintf("… and %d more goroutines", more))
	}
	return strings.Join(shown, "\n")
}

// outsideClause matches goroutines that have called this suite, or that are making this very list.
var outsideClause = regexp.MustCompile(
	`(?m)^(github\.com/semabench/semabench/stress\.(Run|Check|Judge|relevantStacks)\(|` +
		`testing\.\(\*[TM]\)\.Run\(|main\.main\()`)

// suiteFrame matches lines of frames that say nothing about an implementation.
var suiteFrame = regexp.MustCompile(
	`^(created by )?(github\.com/semabench/semabench/stress(/internal/leavers)?\.|testing\.|testing/synctest\.|` +
		`internal/synctest\.|sync\.\(\*WaitGroup\)|sync\.runtime_|runtime\.)`)

// implementationFrames returns the frames of the implementation and of the functions it called, or
// "" if there are none. A frame is two lines. A frame of a test file belongs to the implementation
// even in this package: its tests define broken semaphores there.
//
// Frames of package sync below the implementation are kept, since they show in which lock it
// waits.
func implementationFrames(goroutine string) string {
	lines := strings.Split(strings.TrimSpace(goroutine), "\n")
	last := 0
	for i := 1; i+1 < len(lines); i += 2 {
		ofSuite := suiteFrame.MatchString(lines[i]) && !strings.Contains(lines[i+1], "_test.go:")
		if !ofSuite {
			last = i + 1
		} else if last > 0 && !strings.HasPrefix(lines[i], "sync.") {
			break // the frames below belong to the suite, which called the implementation
		}
	}
	if last == 0 {
		return ""
	}
	return strings.Join(lines[:last+1], "\n")
}

// failedLine returns the line of the check that failed: the innermost frame of this package outside
// of the files that checks are made with. Callers are read at the failure. A table of line numbers
// would be wrong after each edit.
func failedLine() string {
	tools := []string{"play.go", "trial.go", "waiters.go", "stacks.go"}
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
