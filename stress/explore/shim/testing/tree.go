package testing

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// A tree is what all tests of a schedule share.
type tree struct {
	mu      sync.Mutex
	log     strings.Builder
	helpers map[string]bool // functions that called Helper
}

func newTree() *tree { return &tree{helpers: map[string]bool{}} }

// Helper marks the calling function as one whose position is not told.
func (t *T) Helper() {
	var pc [1]uintptr
	runtime.Callers(2, pc[:])
	frame, _ := runtime.CallersFrames(pc[:]).Next()
	t.tree.mu.Lock()
	defer t.tree.mu.Unlock()
	t.tree.helpers[frame.Function] = true
}

// where returns the position of whoever called a method of T, or of its caller if that is a helper.
func (t *T) where() string {
	var pcs [32]uintptr
	n := runtime.Callers(3, pcs[:])
	frames := runtime.CallersFrames(pcs[:n])
	t.tree.mu.Lock()
	defer t.tree.mu.Unlock()
	for {
		frame, more := frames.Next()
		if frame.File == "" {
			return ""
		}
		if !more || !t.tree.helpers[frame.Function] {
			return fmt.Sprintf("%s:%d: ", filepath.Base(frame.File), frame.Line)
		}
	}
}

// said returns a message whose first line says something: some begin with an empty one.
func said(message string) string { return strings.TrimSpace(message) }
