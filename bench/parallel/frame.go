package parallel

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// What goes over the pipes between a sample and its workers. To a worker: the number of a task and
// its payload, each behind the length of the latter. From a worker: one byte that says what it is, and
// a body behind its length.

type kind byte

const (
	ready    kind = 'r' // once, before the first task: usage so far
	done     kind = 'd' // a task: an outcome
	failed   kind = 'f' // a task, or to become ready: why
	farewell kind = 'b' // when there are no more tasks: a parting
)

// A parting is what a worker tells of itself in the end.
type parting struct {
	Usage usage
	Peak  int64 // bytes of memory
}

// mostBody is more than anybody sends: whatever claims to be longer is something else, such as
// the output of tests of a program that does not call ChildMain.
const mostBody = 64 << 20

var errNoChild = errors.New("it did not answer as a child does: its program has to call " +
	"parallel.ChildMain first of all, in main or TestMain")

func writeTask(w *bufio.Writer, i uint64, payload []byte) error {
	var head [12]byte
	binary.LittleEndian.PutUint64(head[:], i)
	binary.LittleEndian.PutUint32(head[8:], uint32(len(payload)))
	_, _ = w.Write(head[:]) // a bufio.Writer keeps its first error for Flush
	_, _ = w.Write(payload)
	return w.Flush()
}

// readTask returns io.EOF after the last one. The payload is valid until the next call.
func readTask(r io.Reader, buf *[]byte) (i uint64, payload []byte, err error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.LittleEndian.Uint32(head[8:])
	if size > mostBody {
		return 0, nil, fmt.Errorf("a payload of %d bytes", size)
	}
	if cap(*buf) < int(size) {
		*buf = make([]byte, size)
	}
	payload = (*buf)[:size]
	_, err = io.ReadFull(r, payload)
	return binary.LittleEndian.Uint64(head[:]), payload, err
}

func writeAnswer(w io.Writer, k kind, body []byte) error {
	frame := binary.LittleEndian.AppendUint32([]byte{byte(k)}, uint32(len(body)))
	_, err := w.Write(append(frame, body...))
	return err
}

func writeJSON(w io.Writer, k kind, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeAnswer(w, k, body)
}

// readAnswer returns the body of the next answer, which has to be of a kind.
func readAnswer(r io.Reader, want kind) ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(head[1:])
	got := kind(head[0])
	if got != want && got != failed || size > mostBody {
		return nil, errNoChild
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	if got == failed {
		return nil, errors.New(string(body))
	}
	return body, nil
}

const outcomeBytes = 24

func (o outcome) bytes() []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, outcomeBytes), o.sum)
	b = binary.LittleEndian.AppendUint64(b, uint64(o.enter))
	return binary.LittleEndian.AppendUint64(b, uint64(o.leave))
}

func parseOutcome(b []byte) (o outcome, err error) {
	if len(b) != outcomeBytes {
		return o, errNoChild
	}
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
	return outcome{sum: word(0), enter: int64(word(8)), leave: int64(word(16))}, nil
}
