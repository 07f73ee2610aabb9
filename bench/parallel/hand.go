package parallel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"
)

// Works that are not only tasks: one has payloads, the other is looked at closely.
const (
	handing  = "hand"
	limiting = "limit"
)

// openHand looks at a few places of a message, so that the time is the message's and not that
// of reading it. One message, which is not timed, is compared as a whole.
func openHand(r request) (job, error) {
	block := data(r.Seed, min(r.Bytes, repeated))
	return job{worker: func() (task, error) {
		return func(i uint64, payload []byte) (uint64, error) {
			if i == inFull && !repeats(payload[numberBytes:], block) {
				return 0, errors.New("a message did not arrive as it was sent")
			}
			var seen [8]byte
			for k := range seen {
				seen[k] = payload[k*(len(payload)-1)/(len(seen)-1)]
			}
			return sumOf(i, seen[:]), nil
		}, nil
	}}, nil
}

// repeats compares what follows the number with a block over and over.
func repeats(rest, block []byte) bool {
	for at := numberBytes; len(rest) > 0; at = 0 {
		n := min(len(rest), len(block)-at)
		if !bytes.Equal(rest[:n], block[at:at+n]) {
			return false
		}
		rest = rest[n:]
	}
	return true
}

// inFull is the number of the message that is compared.
const inFull = 1 << 63

const numberBytes = 8

func numbered(payload []byte, i uint64) []byte {
	binary.LittleEndian.PutUint64(payload, i)
	return payload
}

// payload returns what goes with a task, nil if nothing does. It is the same memory each time: whoever
// got it has answered before the next is written.
func (r *request) payload() func(i uint64) []byte {
	if r.Work != handing {
		return func(uint64) []byte { return nil }
	}
	buf := data(r.Seed, r.Bytes)
	return func(i uint64) []byte { return numbered(buf, i) }
}

// openLimit is a resource that takes a while to use and no core, so that whether several use it at once
// is a matter of the semaphore alone.
func openLimit(r request) (job, error) {
	return job{worker: func() (task, error) {
		return func(i uint64, _ []byte) (uint64, error) {
			time.Sleep(r.Latency)
			return sumOf(i, binary.LittleEndian.AppendUint64(nil, r.Seed^i)), nil
		}, nil
	}}, nil
}
