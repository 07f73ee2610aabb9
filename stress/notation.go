package stress

import (
	"fmt"
	"strconv"
	"strings"
)

// Programs are written like this, one worker after the other:
//
//	2: a1.3 t1 | c2.1 r1
//
// is a semaphore of size 2, a worker that acquires 1 permit, yields 3 times and tries for 1
// more, and another whose Acquire(2) is cancelled one yield after it began. What is held in
// the end is released.
const letters = "abcydtrhw" // by kind

// limits of what can be written down; generated programs stay far below.
const (
	mostWorkers = 64
	mostOps     = 10_000
	mostPermits = 1_000_000
	mostLag     = 1_000
)

func (p program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d:", p.size)
	for i, ops := range p.workers {
		if i > 0 {
			b.WriteString(" |")
		}
		for _, o := range ops {
			b.WriteString(" " + o.String())
		}
	}
	return b.String()
}

func (o op) String() string {
	s := letters[o.kind : o.kind+1]
	if o.kind == rest {
		return s
	}
	s += strconv.FormatInt(o.n, 10)
	if o.lag > 0 {
		s += "." + strconv.Itoa(o.lag)
	}
	return s
}

// parseProgram reads what String writes. It takes only programs that end.
func parseProgram(text string) (program, error) {
	size, workers, ok := strings.Cut(text, ":")
	if !ok {
		return program{}, fmt.Errorf("program %q: want SIZE: OPS | OPS …", text)
	}
	n, err := parseBetween(strings.TrimSpace(size), 0, mostPermits)
	if err != nil {
		return program{}, fmt.Errorf("program %q: size: %w", text, err)
	}
	p := program{size: n}
	for _, worker := range strings.Split(workers, "|") {
		ops, err := parseOps(worker, p.size)
		if err != nil {
			return program{}, fmt.Errorf("program %q: worker %d: %w", text, len(p.workers), err)
		}
		p.workers = append(p.workers, ops)
	}
	if len(p.workers) > mostWorkers || p.ops() > mostOps {
		return program{}, fmt.Errorf("program of %d workers and %d operations: at most %d and %d are allowed",
			len(p.workers), p.ops(), mostWorkers, mostOps)
	}
	return p, nil
}

func parseOps(text string, size int64) (ops []op, err error) {
	for _, word := range strings.Fields(text) {
		k := strings.IndexByte(letters, word[0])
		if k < 0 {
			return nil, fmt.Errorf("%q: an operation begins with one of the letters %s", word, letters)
		}
		o := op{kind: kind(k)}
		if o.kind == rest {
			if word != "w" {
				return nil, fmt.Errorf("%q: w stands alone", word)
			}
			ops = append(ops, o)
			continue
		}
		weight, lag, lags := strings.Cut(word[1:], ".")
		if o.n, err = parseBetween(weight, 1, mostPermits+1); err != nil {
			return nil, fmt.Errorf("%q: permits: %w", word, err)
		}
		if lags {
			n, err := parseBetween(lag, 0, mostLag)
			if err != nil {
				return nil, fmt.Errorf("%q: yields: %w", word, err)
			}
			o.lag = int(n)
		}
		if o != o.endingIn(size) {
			return nil, fmt.Errorf("%q: waits for ever, the size is %d; use c%d, with a cancellation", word, size, o.n)
		}
		ops = append(ops, o)
	}
	return ops, nil
}

func parseBetween(text string, least, most int64) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q: want a number from %d to %d", text, least, most)
	}
	return n, nil
}
