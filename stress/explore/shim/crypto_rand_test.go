package shim_test

import (
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/crypto/rand"
)

// drawBytes calls every function once and checks its result.
func drawBytes(t *testing.T) string {
	t.Helper()
	b := make([]byte, 13)
	if n, err := rand.Read(b); n != len(b) || err != nil {
		t.Errorf("Read = %d, %v", n, err)
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1000))
	if err != nil || n.Cmp(big.NewInt(1000)) >= 0 {
		t.Errorf("Int = %v, %v", n, err)
	}
	p, err := rand.Prime(rand.Reader, 40)
	if err != nil || p.BitLen() != 40 || !p.ProbablyPrime(20) {
		t.Errorf("Prime = %v, %v", p, err)
	}
	if p, err := rand.Prime(rand.Reader, 2); err != nil || p.Int64() != 3 && p.Int64() != 2 {
		t.Errorf("Prime of 2 bits = %v, %v", p, err)
	}
	if _, err := rand.Prime(rand.Reader, 1); err == nil {
		t.Error("a prime of one bit")
	}
	text := rand.Text()
	if len(text) != 26 {
		t.Errorf("Text = %q", text)
	}
	return fmt.Sprint(b, n, p, text)
}

// Two executions drawBytes the same bytes, and a Reader of the first does not stay for the second.
func TestBytesAreTheSameInEveryExecution(t *testing.T) {
	var all []string
	for range 2 {
		x := schedtest.PlayScript(t, nil, func() {
			all = append(all, drawBytes(t), drawBytes(t))
			rand.Reader = strings.NewReader("")
		})
		schedtest.MustEnd(t, x, schedrt.Passed)
	}
	if all[0] != all[2] || all[1] != all[3] || all[0] == all[1] {
		t.Errorf("bytes of two executions: %q", all)
	}
}

// A Reader of the program is used, and its end is no endless loop.
func TestOwnReader(t *testing.T) {
	defer func(r io.Reader) { rand.Reader = r }(rand.Reader)
	rand.Reader = strings.NewReader("abc")
	b := make([]byte, 3)
	if rand.Read(b); string(b) != "abc" {
		t.Errorf("read %q", b)
	}
	if _, err := rand.Prime(rand.Reader, 8); err == nil {
		t.Error("a prime without random bytes")
	}
	defer func() {
		if recover() == nil {
			t.Error("Read does not panic at the end of the Reader")
		}
	}()
	rand.Read(b)
}
