package process

import (
	"encoding/binary"
	"io"
)

// The protocol of the broker: frames of one size in both directions, in the order of a stream socket,
// so what a client sends first takes effect first.
//
//	client          broker
//	hello           hello size       or it is no broker
//	try    id n     yes id n | no id
//	want   id n     yes id n         at once if it fits and nobody waits, or
//	                offer id         when it is served, and then
//	accept id       yes id n         unless the offer was withdrawn, then another offer later
//	cancel id n                      also of what a yes on its way has granted
//	release n
//	ask    id       one told id n for each number of Stats
//
// An offer that is not accepted in time goes to the next in line. If permits were just given, one who
// is stopped, by a signal, a debugger or a freezer of containers, would hold up everybody.
type kind byte

const (
	hello kind = 1 + iota
	try
	want
	accept
	cancel
	release
	ask
	yes
	no
	offer
	told
)

// wireMagic begins each hello: who says something else speaks another protocol, or version.
const wireMagic = 0x73656d6162726b31 // semabrk1

type frame struct {
	kind kind
	id   uint64
	n    int64
}

const frameBytes = 17

func (f frame) append(to []byte) []byte {
	to = append(to, byte(f.kind))
	to = binary.LittleEndian.AppendUint64(to, f.id)
	return binary.LittleEndian.AppendUint64(to, uint64(f.n))
}

func readFrame(r io.Reader) (f frame, err error) {
	var b [frameBytes]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return f, err
	}
	return frame{kind(b[0]), binary.LittleEndian.Uint64(b[1:]), int64(binary.LittleEndian.Uint64(b[9:]))}, nil
}
