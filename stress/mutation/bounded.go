package mutation

import "sync"

// A bounded keeps the beginning and the end of an output. A mutant may print without end, and
// the reason of a failure stands at one of the two ends: the first panic or data race at the beginning, the
// name of the failed test and the stacks of a timeout at the end. It holds 3*boundedSize bytes and one write at most.
type bounded struct {
	mu         sync.Mutex
	begin, end []byte
	cut        bool // bytes between begin and end were dropped
}

// boundedSize is the number of bytes that are kept of each end. The stacks of some hundred goroutines fit into it.
const boundedSize = 64 << 10

// Write drops the bytes that do not fit, and says that all were written. After an error package exec would close
// the pipe of the child, and the child would die of the closed pipe and not of its own fault.
func (b *bounded) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(text)
	if room := boundedSize - len(b.begin); room > 0 {
		room = min(room, n)
		b.begin, text = append(b.begin, text[:room]...), text[room:]
	}
	// Cut at twice the size, so that a byte is moved once on average.
	if b.end = append(b.end, text...); len(b.end) > 2*boundedSize {
		b.end, b.cut = append(b.end[:0], b.end[len(b.end)-boundedSize:]...), true
	}
	return n, nil
}

// text may be called while the child still writes: a grandchild may have the pipe open.
func (b *bounded) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cut {
		return string(b.begin) + "\n…\n" + string(b.end)
	}
	return string(b.begin) + string(b.end)
}
