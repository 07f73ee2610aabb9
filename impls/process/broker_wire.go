package process

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"syscall"
)

// This file holds the broker's protocol and the queue through which both sides send it.
//
// Frames have one size in both directions. They travel over a stream socket, which keeps their
// order: what a client sends first takes effect first.
//
//	client           broker
//	hello            hello size           any other answer means: no broker
//	try     id n     granted id n | refused id
//	acquire id n     granted id n         at once, if the permits are free and no request waits
//	                 offer id             otherwise, when the request is served, and then
//	accept  id       granted id n         unless the offer was withdrawn; then another offer later
//	cancel  id n                          also returns the permits of a granted frame on its way
//	release n
//	stats   id       one stat id n for each field of Stats
//
// An offer expires if the client does not accept it in time, and goes to the next request. A plain
// grant could go to a process that is stopped by a signal, a debugger or a container freezer. That
// process would hold up all others. An offer holds them up for one lease only.
type frameKind byte

// The numbers are part of the protocol.
const (
	frameHello frameKind = 1 + iota
	frameTry
	frameAcquire
	frameAccept
	frameCancel
	frameRelease
	frameStats
	frameGranted
	frameRefused
	frameOffer
	frameStat
)

// wireMagic is the id of every hello frame. Another value means another protocol or version.
const wireMagic = 0x73656d6162726b31 // "semabrk1"

// A frame is one message.
type frame struct {
	kind frameKind
	id   uint64 // chosen by the client: it matches the frames of one request
	n    int64  // a weight, or a number of Stats
}

// frameBytes is the size of an encoded frame: one byte for kind, and id and n little-endian.
const frameBytes = 17

// append encodes f at the end of to.
func (f frame) append(to []byte) []byte {
	to = append(to, byte(f.kind))
	to = binary.LittleEndian.AppendUint64(to, f.id)
	return binary.LittleEndian.AppendUint64(to, uint64(f.n))
}

// readFrame reads one frame. It does not check the content.
func readFrame(r io.Reader) (f frame, err error) {
	var b [frameBytes]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return f, err
	}
	f.kind = frameKind(b[0])
	f.id = binary.LittleEndian.Uint64(b[1:])
	f.n = int64(binary.LittleEndian.Uint64(b[9:]))
	return f, nil
}

// A sendQueue writes frames to one connection and never makes the sender wait.
//
// send writes what the socket accepts at once, without another goroutine. Only if the peer does not
// read, for example because it is stopped, the rest stays in memory and a goroutine writes
// it. So a stopped peer costs memory, and no time of any other client. The peer's own requests
// bound that memory: the broker sends at most some frames for each of them.
//
// Invariant, with mu held: if flushing is false, no byte is left unsent. So frames leave
// in the order of the calls of send.
type sendQueue struct {
	conn  net.Conn
	raw   syscall.RawConn // nil if every write may wait
	write func(fd uintptr) bool

	mu       sync.Mutex
	unsent   []byte
	written  int  // bytes of unsent that write has just written
	flushing bool // a goroutine runs flush
	closed   bool
	flushers sync.WaitGroup
}

func newSendQueue(conn net.Conn) *sendQueue {
	q := &sendQueue{conn: conn}
	if c, ok := conn.(syscall.Conn); ok && canWriteNonblocking {
		q.raw, _ = c.SyscallConn()
	}
	// One closure for all sends: a closure for each call would be an allocation for each frame.
	// It returns true even if the socket is full, so RawConn.Write never waits.
	q.write = func(fd uintptr) bool {
		q.written = writeNonblocking(fd, q.unsent)
		return true
	}
	return q
}

// send appends f to the queue and writes as much as the socket accepts without waiting. After
// close it does nothing.
func (q *sendQueue) send(f frame) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.unsent = f.append(q.unsent)
	if q.flushing {
		return // the goroutine writes this frame after the earlier ones
	}
	if q.raw != nil {
		q.written = 0
		if q.raw.Write(q.write) != nil {
			q.written = len(q.unsent) // closed: drop the bytes, the reader reports the failure
		}
		q.unsent = append(q.unsent[:0], q.unsent[q.written:]...)
	}
	if len(q.unsent) > 0 {
		q.flushing = true
		q.flushers.Go(q.flush)
	}
}

// flush writes what the socket did not accept at once, until nothing is left or the connection
// fails. After a failure flushing stays true, so no later send tries to write; the goroutine
// that reads from the connection sees the failure too, and ends the connection.
func (q *sendQueue) flush() {
	var spare []byte
	for {
		q.mu.Lock()
		batch := q.unsent
		q.unsent = spare[:0]
		if len(batch) == 0 {
			q.flushing = false
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		if _, err := q.conn.Write(batch); err != nil {
			return
		}
		spare = batch
	}
}

// close returns when no goroutine writes any more. The caller has closed the connection before,
// which ends a write that waits.
func (q *sendQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.flushers.Wait()
}
