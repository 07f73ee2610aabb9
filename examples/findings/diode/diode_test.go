package diode_test

import (
	"testing"

	"github.com/rs/zerolog/diode"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// A line is written, and nothing else happens. The line must come out.
func TestDiodeKeepsALine(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		lines := make(chan string, 1)
		w := diode.NewWriter(sink(lines), 8, 0, nil)
		_, _ = w.Write([]byte("line"))
		<-lines
		_ = w.Close()
	}, "lost wake-up", "w.c.Wait()")
}

type sink chan string

func (s sink) Write(p []byte) (int, error) { s <- string(p); return len(p), nil }
