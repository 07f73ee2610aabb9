package parallel

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// The work of messages: each task carries a payload that starts with the number of the task.

// numberBytes is the length of the number at the beginning of a message.
const numberBytes = 8

// verifiedMessage is the number of the message that is compared in full. It is sent before the
// first timed one.
const verifiedMessage = 1 << 63

// openMessages returns the work of messages. Its tasks read eight bytes spread over the message. The time then is the
// time of the message, and not of reading it. A message that is wrong elsewhere would go unnoticed,
// so one message that is not timed is compared in full.
//
// Reading all bytes would add a cost that grows with the message in both modes, and would hide
// the difference between them.
func openMessages(s spec) (job, error) {
	block := randomBytes(s.Seed, min(s.Bytes, repeatBytes))
	return job{newTask: func() (task, error) {
		return func(i uint64, payload []byte) (uint64, error) {
			if i == verifiedMessage && !repeats(payload[numberBytes:], block) {
				return 0, errors.New("a message did not arrive as it was sent")
			}
			var probes [8]byte
			for k := range probes {
				probes[k] = payload[k*(len(payload)-1)/(len(probes)-1)]
			}
			return checksumOf(i, probes[:]), nil
		}, nil
	}}, nil
}

// repeats reports whether rest, which follows the number of a message, is a repetition of the
// block. The number overwrites the beginning of the first block.
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

// putNumber writes a number to the beginning of the payload and returns the payload.
func putNumber(payload []byte, i uint64) []byte {
	binary.LittleEndian.PutUint64(payload, i)
	return payload
}

// payload returns a function that returns the payload of each task, or nil for works without one.
// The function reuses its memory: the receiver has answered before the next payload is written.
// Allocating megabytes for each message would be measured as the price of a message.
//
// Each sender has a payload of its own, since it writes the number of the task into it.
func (s *spec) payload() func(i uint64) []byte {
	if s.Work != workMessages {
		return func(uint64) []byte { return nil }
	}
	buf := randomBytes(s.Seed, s.Bytes)
	return func(i uint64) []byte { return putNumber(buf, i) }
}
