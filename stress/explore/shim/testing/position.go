package testing

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// shared is the state that all tests of a schedule share. A real mutex guards it, for the reason
// given at T.
type shared struct {
	mu      sync.Mutex
	log     strings.Builder
	helpers map[string]bool // functions that called Helper
	end     ending
}

func newShared() *shared { return &shared{helpers: map[string]bool{}} }

// Helper marks the calling function as a helper: messages have the position of its caller. The name
// of the function stands for it, as in package testing: one call marks all later ones.
func (t *T) Helper() {
	var pc [1]uintptr
	runtime.Callers(2, pc[:])
	frame, _ := runtime.CallersFrames(pc[:]).Next()
	t.shared.mu.Lock()
	defer t.shared.mu.Unlock()
	t.shared.helpers[frame.Function] = true
}

// where returns the position of the call of a method of T, or of the call of the outermost helper
// around it. The three frames above are Callers, where itself and the method. Frames beyond the 32
// innermost are not looked at: so many helpers around each other are rare, and the position is then
// the one of the outermost that was seen.
func (t *T) where() string {
	var pcs [32]uintptr
	n := runtime.Callers(3, pcs[:])
	frames := runtime.CallersFrames(pcs[:n])
	t.shared.mu.Lock()
	defer t.shared.mu.Unlock()
	for {
		frame, more := frames.Next()
		if frame.File == "" {
			return ""
		}
		if !more || !t.shared.helpers[frame.Function] {
			return fmt.Sprintf("%s:%d: ", filepath.Base(frame.File), frame.Line)
		}
	}
}

// trimmed removes blank space around a message. The first line of a report is the first line of the
// message, and some messages begin with an empty one.
func trimmed(message string) string { return strings.TrimSpace(message) }
