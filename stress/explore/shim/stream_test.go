package shim_test

import (
	"io"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/stream"
)

// readAll reads n bytes, a few at a time.
func readAll(s *stream.Stream, n int, seen *strings.Builder) {
	for b := make([]byte, 2); n > 0; {
		k, err := s.Read(b)
		if err != nil {
			seen.WriteString(err.Error())
			return
		}
		seen.Write(b[:k])
		n -= k
	}
}

// The bytes of a Write that is larger than the buffer come without bytes of another Write between
// them, in either order of the two.
func TestWritesDoNotMix(t *testing.T) {
	for name, capacity := range map[string]int{"unbuffered": 0, "buffered": 2} {
		t.Run(name, func(t *testing.T) {
			got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
				s := stream.New(capacity, io.ErrClosedPipe)
				for _, text := range []string{"aaa", "bbb"} {
					schedrt.Go(func() { _, _ = s.Write([]byte(text)) })
				}
				readAll(s, 6, seen)
			})
			if len(got) != 2 || got["passed aaabbb"] == 0 || got["passed bbbaaa"] == 0 {
				t.Errorf("%v, want aaabbb and bbbaaa", got)
			}
		})
	}
}

// A Write that is cut by a close returns how much it wrote, and lets the next Write have its error.
func TestCloseEndsWrites(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		s := stream.New(2, io.ErrClosedPipe)
		schedrt.Go(func() {
			schedrt.AwaitRest(1)
			s.CloseRead(io.ErrUnexpectedEOF)
		})
		for i, want := range []int{2, 0} {
			if n, err := s.Write([]byte("abc")); n != want || err != io.ErrUnexpectedEOF {
				t.Errorf("Write %d = %d, %v, want %d, %v", i, n, err, want, io.ErrUnexpectedEOF)
			}
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// A Write that fits is one step, also if it is empty.
func TestWriteThatFits(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		s := stream.New(4, io.ErrClosedPipe)
		for _, text := range []string{"", "ab", "cd"} {
			if n, err := s.Write([]byte(text)); n != len(text) || err != nil {
				t.Errorf("Write(%q) = %d, %v", text, n, err)
			}
		}
		s.CloseWrite(io.EOF)
		var seen strings.Builder
		readAll(s, 5, &seen)
		if seen.String() != "abcdEOF" {
			t.Errorf("read %q", &seen)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	writes := 0
	for i := range x.Trace.Steps {
		if x.Trace.Steps[i].Kind == schedrt.OpWrite {
			writes++
		}
	}
	if writes != 3 {
		t.Errorf("%d steps for 3 Writes", writes)
	}
}
