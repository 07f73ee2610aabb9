// Package stream models one direction of a pipe or of a connection, for the look-alikes of packages
// io and net.
//
//	s := stream.New(0, io.ErrClosedPipe) // without a buffer: a Write waits for the Reads that take it
//	go s.Write(data)
//	n, err := s.Read(buffer)
//
// A Read is one step, and so is each part of a Write that may wait. Package rewrite keeps the race
// detector out of this package; the accesses to the caller's memory, and the edges between a Write
// and the Read of its bytes, are stated.
//
// # Edges
//
// A real pipe or connection orders its two ends: what was written before a Write is visible after
// the Read of its bytes. Every step here acquires the address of the stream first, and each that
// moves bytes or closes a side releases it. Both directions are stated, because a Write without a
// buffer also learns that its bytes were read.
package stream

import (
	"os"
	"time"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Stream carries bytes from writers to readers, which use it under control only. Several Writes at
// once come one after another.
type Stream struct {
	object   schedrt.Object
	capacity int   // of the buffer; 0 means that a Write waits until its bytes were read
	closed   error // of a Read or Write after the close of its own side

	data    []byte // that was written and not read; without a buffer, the writer's own memory
	offered bool   // without a buffer: a Write waits for its bytes to be read
	writing bool   // a Write has begun and not ended, which keeps other Writes out

	tcp   bool // see TCP
	spare bool // the next Write after readClosed still succeeds

	readClosed, writeClosed bool
	toWriters               error // after readClosed
	toReaders               error // after writeClosed
	readLate, writeLate     Deadline
}

// New returns a Stream with a buffer. Closed is the error of a Read or Write after the close of its
// own side.
func New(capacity int, closed error) *Stream { return &Stream{capacity: capacity, closed: closed} }

// TCP makes s behave as a connection of TCP when the reader closes it. A writer learns of that by the
// answer to its next packet: the Write that sends it succeeds, and its bytes are lost. So a program that
// takes the first error of a Write for the end of its requests waits for one more answer. If bytes were
// not read, the kernel answers at once, and that Write fails, too.
func (s *Stream) TCP() *Stream {
	s.tcp = true
	return s
}

// touch is the access of a step that may change s.
func (s *Stream) touch() schedrt.Touch { return schedrt.Touch{Object: &s.object, Mode: schedrt.Write} }

// Read is io.Reader.Read. With a buffer, bytes that were written before a close are read first, as
// over TCP; without one a close comes first, as in a pipe. A Read takes what there is and does not
// wait to fill b, as io.Reader allows. An expired deadline comes after the closes and before the
// data, as in the standard packages.
func (s *Stream) Read(b []byte) (n int, err error) {
	ready := func() bool {
		return s.readClosed || s.writeClosed || s.readLate.Passed || s.offered || len(s.data) > 0
	}
	schedrt.Await(schedrt.OpRead, ready, func() {
		schedrt.AcquireEdge(unsafe.Pointer(s))
		buffered := s.capacity > 0 && len(s.data) > 0
		switch {
		case s.readClosed:
			err = s.closed
		case s.writeClosed && !buffered:
			err = s.toReaders
		case s.readLate.Passed:
			err = os.ErrDeadlineExceeded
		default:
			n = copy(b, s.data)
			schedrt.NoteWrite(b[:n])
			if s.data = s.data[n:]; len(s.data) == 0 {
				s.offered = false
			}
			schedrt.ReleaseEdge(unsafe.Pointer(s))
		}
	}, s.touch())
	return n, err
}

// writeError returns the error of a Write now, nil if there is none. The order is the one of
// net.Pipe: the own side first, then the other side, then the deadline.
func (s *Stream) writeError() error {
	switch {
	case s.writeClosed:
		return s.closed
	case s.readClosed && !s.spare:
		return s.toWriters
	case s.writeLate.Passed:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// Write is io.Writer.Write. Without a buffer it takes two steps: it offers its bytes, and then
// waits until Reads have taken them all, a side is closed, or its deadline has passed. The number
// of bytes that were taken is known in the second step only. While a Write is offered another one
// waits for its turn.
//
// The bytes are not copied. The reader copies from the writer's memory, and the writer cannot move
// before that, so the access is stated once, as a read by the writer.
func (s *Stream) Write(b []byte) (n int, err error) {
	if s.capacity > 0 {
		return s.writeToBuffer(b)
	}
	schedrt.Await(schedrt.OpWrite, func() bool { return !s.writing || s.writeError() != nil }, func() {
		schedrt.AcquireEdge(unsafe.Pointer(s))
		if err = s.writeError(); err == nil {
			s.writing, s.offered, s.data = true, true, b
			schedrt.NoteRead(b)
			schedrt.ReleaseEdge(unsafe.Pointer(s))
		}
	}, s.touch())
	if err != nil {
		return 0, err
	}
	schedrt.Await(schedrt.OpWrite, func() bool { return !s.offered || s.writeError() != nil }, func() {
		schedrt.AcquireEdge(unsafe.Pointer(s))
		n = len(b) - len(s.data)
		if s.offered {
			err = s.writeError()
		}
		s.writing, s.offered, s.data = false, false, nil
	}, s.touch())
	return n, err
}

// writeToBuffer waits for room as often as it has to. A Write that fits is one step. Of a larger
// one each part is a step, and no other Write comes between the parts: package net holds a lock of
// the descriptor for a whole Write, so programs may send messages from several goroutines.
func (s *Stream) writeToBuffer(b []byte) (n int, err error) {
	mine := false // this Write has set s.writing
	for ended := false; !ended; {
		ready := func() bool {
			return (mine || !s.writing) && len(s.data) < s.capacity || s.writeError() != nil || s.spare
		}
		schedrt.Await(schedrt.OpWrite, ready, func() {
			schedrt.AcquireEdge(unsafe.Pointer(s))
			if err = s.writeError(); err == nil && s.spare {
				schedrt.NoteRead(b[n:])
				s.spare, n = false, len(b)
			} else if err == nil {
				part := b[n:min(len(b), n+s.capacity-len(s.data))]
				schedrt.NoteRead(part)
				s.data = append(s.data, part...)
				n += len(part)
				schedrt.ReleaseEdge(unsafe.Pointer(s))
			}
			ended = err != nil || n == len(b)
			if mine || !ended { // an error of a Write that never began leaves the other one alone
				s.writing, mine = !ended, true
			}
		}, s.touch())
	}
	return n, err
}

// closeRead is a part of a step. The first close counts. A second error must not replace it,
// because a Write may have returned the first already.
func (s *Stream) closeRead(toWriters error) {
	if !s.readClosed {
		s.readClosed, s.toWriters = true, toWriters
		s.spare = s.tcp && len(s.data) == 0
	}
}

func (s *Stream) closeWrite(toReaders error) {
	if !s.writeClosed {
		s.writeClosed, s.toReaders = true, toReaders
	}
}

// CloseRead ends the Reads in one step. Writes return toWriters from now on.
func (s *Stream) CloseRead(toWriters error) { Close(s, toWriters, nil, nil) }

// CloseWrite ends the Writes in one step. Reads return toReaders when nothing is left to read.
func (s *Stream) CloseWrite(toReaders error) { Close(nil, nil, s, toReaders) }

// Close closes the reading side of in and the writing side of out in one step, and reports whether
// one of them was open. Each may be nil. One step for both: a program that closes a connection
// never sees it half closed.
func Close(in *Stream, toWriters error, out *Stream, toReaders error) (open bool) {
	var touches []schedrt.Touch
	for _, s := range []*Stream{in, out} {
		if s != nil {
			touches = append(touches, s.touch())
		}
	}
	schedrt.Do(schedrt.OpCloseStream, func() bool {
		if in != nil {
			open = !in.readClosed
			in.closeRead(toWriters)
			schedrt.ReleaseEdge(unsafe.Pointer(in))
		}
		if out != nil {
			open = open || !out.writeClosed
			out.closeWrite(toReaders)
			schedrt.ReleaseEdge(unsafe.Pointer(out))
		}
		return true
	}, touches...)
	return open
}

// A Deadline tells whether a moment has passed. Passed is only changed in steps, so an operation
// that waits for it wakes up in the step in which the timer fires.
type Deadline struct {
	Passed bool
	timer  *schedrt.Timer
	set    int // how often it was set: an older timer that fires late is void
}

// SetReadDeadline has Reads fail from a moment on. The zero time means never.
func (s *Stream) SetReadDeadline(t time.Time) { s.readLate.Set(&s.object, t) }

// SetWriteDeadline has Writes fail from a moment on. The zero time means never.
func (s *Stream) SetWriteDeadline(t time.Time) { s.writeLate.Set(&s.object, t) }

// Set sets d, on which operations of object wait. The zero time means never. Two Sets at once may
// leave two timers running, as d.timer holds one of them. The number tells the timer of the last
// Set, so an old deadline ends no operation under a new one.
func (d *Deadline) Set(object *schedrt.Object, t time.Time) {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	left := time.Duration(0)
	if !t.IsZero() {
		left = t.Sub(schedrt.Now())
	}
	var set int
	schedrt.Do(schedrt.OpTimer, func() bool {
		d.set++
		set = d.set
		d.Passed = !t.IsZero() && left <= 0
		return true
	}, schedrt.Touch{Object: object, Mode: schedrt.Write})
	if left > 0 {
		d.timer = schedrt.NewTimer(left, func() {
			if d.set == set {
				d.Passed = true
				schedrt.TouchInStep(object)
			}
		})
	}
}
