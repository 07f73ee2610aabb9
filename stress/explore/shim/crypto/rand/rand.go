// Package rand stands for crypto/rand in rewritten code.
//
//	key := make([]byte, 16)
//	rand.Read(key) // the same bytes in every schedule
//
// A schedule has to replay in another process, so its random bytes must come again: each goroutine
// draws them from a sequence of its own, see schedrt.Random. They are random enough to be distinct,
// and not secret.
//
// # What this does not model
//
// Other packages of crypto draw from the operating system, for example to make a key. Their numbers
// differ from schedule to schedule.
package rand

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"math/big"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Reader is rand.Reader. Each schedule begins with the Reader that the first one began with.
var Reader io.Reader = reader{}

// initial is the Reader that the first schedule began with.
var initial io.Reader

func init() { schedrt.AtBegin(restore) }

// restore gives a schedule the Reader of the first one.
//
//go:norace
func restore() {
	if initial == nil {
		initial = Reader
	}
	Reader = initial
}

type reader struct{}

func (reader) Read(b []byte) (int, error) {
	var word [8]byte
	for rest := b; len(rest) > 0; {
		binary.LittleEndian.PutUint64(word[:], schedrt.Random())
		rest = rest[copy(rest, word[:]):]
	}
	return len(b), nil
}

// Read fills b from Reader. It never fails: where the real one would end the process, it panics.
func Read(b []byte) (int, error) {
	if _, err := io.ReadFull(Reader, b); err != nil {
		panic("crypto/rand: failed to read random data: " + err.Error())
	}
	return len(b), nil
}

// Int is rand.Int. It returns a random number below limit.
func Int(r io.Reader, limit *big.Int) (*big.Int, error) { return rand.Int(r, limit) }

// Text is rand.Text. It returns 26 letters and digits, which are 130 random bits.
func Text() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	text := make([]byte, 26)
	Read(text)
	for i := range text {
		text[i] = alphabet[text[i]%32]
	}
	return string(text)
}

// Prime is rand.Prime. The standard function draws from the operating system, whatever its Reader
// is, so it is not called. The two highest bits are set, so that a product of two primes has twice
// as many bits.
func Prime(r io.Reader, bits int) (*big.Int, error) {
	if bits < 2 {
		return nil, errors.New("crypto/rand: prime size must be at least 2-bit")
	}
	for bytes := make([]byte, (bits+7)/8); ; {
		if _, err := io.ReadFull(r, bytes); err != nil {
			return nil, err
		}
		p := new(big.Int).SetBytes(bytes)
		p.Rsh(p, uint(len(bytes)*8-bits))
		p.SetBit(p, bits-1, 1).SetBit(p, bits-2, 1)
		if bits > 2 {
			p.SetBit(p, 0, 1)
		}
		if p.ProbablyPrime(20) {
			return p, nil
		}
	}
}
