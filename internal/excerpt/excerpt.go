// Package excerpt shortens text that may be long: the output of a failed command, a name in a
// table.
//
//	return fmt.Errorf("building %s: %w\n%s", path, err, excerpt.Lines(stderr, 10))
//
// # What this does not do
//
// It does not escape anything; package escape does. Shorten first: an escape sequence that is cut
// in half means something else.
package excerpt

import (
	"strings"
	"sync"
)

// Lines returns the first most lines of text, without blank space around them.
// The beginning is kept and not the end because compilers and panics name the cause first.
func Lines(text string, most int) string {
	lines := strings.SplitN(strings.TrimSpace(text), "\n", most+1)
	return strings.Join(lines[:min(most, len(lines))], "\n")
}

// Line returns the first line of text that is not blank, or "" if there is none.
func Line(text string) string { return strings.TrimRight(Lines(text, 1), "\r") }

// Runes returns text, cut off after most runes with "…" as a sign that something is missing.
func Runes(text string, most int) string {
	if len(text) <= most { // as many bytes as runes at least
		return text
	}
	n := 0
	for i := range text {
		if n == most {
			return text[:i] + "…"
		}
		n++
	}
	return text
}

// A Tail is an io.Writer that keeps the last Size bytes written to it. Concurrent calls are safe.
//
// It serves for the output of a child process that runs for hours: only what the process wrote just
// before its end is of use, and memory must not grow until then.
type Tail struct {
	Size int // bytes; 0 means 16 KiB

	mu   sync.Mutex
	text []byte
}

func (t *Tail) size() int {
	if t.Size == 0 {
		return 16 << 10
	}
	return t.Size
}

// Write appends p. It never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	// Twice the size is allowed to gather before the front is dropped: each byte is moved once at
	// most, and not with every Write.
	if len(t.text) > 2*t.size() {
		t.text = append(t.text[:0], t.text[len(t.text)-t.size():]...)
	}
	return len(p), nil
}

// String returns the bytes that were kept.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text[max(0, len(t.text)-t.size()):])
}
