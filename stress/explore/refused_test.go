package explore_test

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

// refusals are programs that cannot be put under control, by the function that the text has to
// name.
var refusals = map[string]func(t *explore.T){
	"net.ListenPacket on unixgram": func(t *explore.T) { net.ListenPacket("unixgram", "/tmp/a") },
	"net.LookupHost on example.org": func(t *explore.T) {
		if _, err := net.LookupHost("example.org"); err != nil {
			t.Error(err)
		}
	},
	"net.Dial on example.org:80": func(t *explore.T) {
		if _, err := http.Get("http://example.org"); err != nil {
			t.Error(err)
		}
	},
	"os/exec.Cmd.Run": func(t *explore.T) { exec.Command("true").Run() },
	"testing.AllocsPerRun": func(t *explore.T) {
		if testing.AllocsPerRun(10, func() { _ = new(atomic.Int64) }) == 0 {
			t.Error("no allocation")
		}
	},
	"testing.Benchmark": func(t *explore.T) {
		testing.Benchmark(func(b *testing.B) { b.Loop() })
	},
	"os.Exit": func(t *explore.T) { go os.Exit(0) },
	"os/exec.Cmd.Start": func(t *explore.T) {
		start := exec.Command("true").Start // refused when its value is taken, before the call
		start()
	},
}

func TestRefusals(t *testing.T) {
	for what, program := range refusals {
		t.Run(what, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 10}, program)
			if r.Verdict != explore.Refused || !strings.Contains(r.Text, "refused: "+what) ||
				!strings.Contains(r.Text, "is not under control") {
				t.Errorf("%s: %s", r.Verdict, r.Text)
			}
		})
	}
}

// Functions of syscall that only ask are called. They neither wait nor change anything.
func TestQueriesAreCalled(t *testing.T) {
	r := explore.Check(t, explore.Options{Schedules: 10}, func(t *explore.T) {
		if page := syscall.Getpagesize(); page != os.Getpagesize() || syscall.Getuid() != os.Getuid() {
			t.Errorf("a page of %d bytes, user %d", page, syscall.Getuid())
		}
	})
	if r.Verdict == explore.Fail || r.Verdict == explore.Refused {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
}

// A body that wants no allocations gets none: the engine's are not counted.
func TestAllocationsOfTheBody(t *testing.T) {
	r := explore.Check(t, explore.Options{Schedules: 300}, func(t *explore.T) {
		var n atomic.Int64
		if allocations := testing.AllocsPerRun(10, func() { n.Add(1) }); allocations != 0 {
			t.Error(allocations)
		}
	})
	if r.Verdict == explore.Fail || r.Verdict == explore.Refused {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
}
