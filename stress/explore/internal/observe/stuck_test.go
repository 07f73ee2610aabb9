package observe

import (
	"strings"
	"testing"
)

// The stack of a goroutine that the scheduler runs, with holes for its state and its first frames.
const stuckStack = `goroutine 1 [chan receive]:
testing.(*T).Run(0xc0000b0b48)
	/go/src/testing/testing.go:2109 +0xb3e

goroutine 14 [STATE]:
FRAMES
example.org/m.TestM.func1()
	/m/m_test.go:27 +0xc7
github.com/semabench/semabench/stress/explore/schedrt.(*G).main(0xc000110f00)
	/e/schedrt/goroutine.go:191 +0x7e`

const (
	lockFrames = `internal/sync.(*Mutex).Lock(...)
	/go/src/internal/sync/mutex.go:70
sync.(*Mutex).Lock(...)
	/go/src/sync/mutex.go:46`
	gobFrames = lockFrames + `
encoding/gob.(*Encoder).EncodeValue(0x79d6ae6cfa0, {0x837660?, 0x903eb8?, 0x50c895?})
	/go/src/encoding/gob/encoder.go:228 +0xb1
encoding/gob.(*Encoder).Encode(0x79d6ae638a0?, {0x837660?, 0x903eb8?})
	/go/src/encoding/gob/encoder.go:176 +0x68`
	reflectFrames = `
reflect.Value.Call({0x83f7e0?, 0x79d6ae58920?, 0x8d70c9?}, {0x79d6ad476c8?, 0x48b145?, 0x490533?})
	/go/src/reflect/value.go:369 +0xb9
github.com/semabench/semabench/stress/explore/schedrt.stepBefore.func1({0x79d6ad476c8, 0x1, 0x1})
	/e/schedrt/outside.go:50 +0x139`
	batonFrames = `github.com/semabench/semabench/stress/explore/schedrt.baton.await(0xc00003a7e0)
	/e/schedrt/handover.go:100 +0x25`
)

func TestStuckIn(t *testing.T) {
	const encode = "encoding/gob.(*Encoder).Encode"
	for name, c := range map[string]struct{ state, frames, want string }{
		"lock of the standard library":  {"sync.Mutex.Lock", gobFrames, encode},
		"the same, called as a step":    {"sync.Mutex.Lock", gobFrames + reflectFrames, encode},
		"loop in the standard library":  {"running", gobFrames, ""},
		"stopped by the scheduler":      {"chan receive", batonFrames, ""},
		"lock that the program calls":   {"sync.Mutex.Lock", lockFrames, ""},
		"stopped, by a coroutine":       {"coroutine", gobFrames, ""},
		"stopped in a standard library": {"chan receive", batonFrames + "\n" + gobFrames, ""},
	} {
		stacks := strings.NewReplacer("STATE", c.state, "FRAMES", c.frames).Replace(stuckStack)
		function, at := StuckIn(stacks)
		if function != c.want || function != "" && at != "/m/m_test.go:27" {
			t.Errorf("%s: %q at %q, want %q", name, function, at, c.want)
		}
	}
	if function, _ := StuckIn("no stacks"); function != "" {
		t.Errorf("%q in no stacks", function)
	}
}

// Of the stacks, a report shows the program's frames of the goroutine that runs.
func TestProgramStacks(t *testing.T) {
	const loop = "example.org/m.loop()\n\t/m/m.go:3 +0x1"
	for name, c := range map[string]struct {
		state, frames string
		all           bool
	}{
		"loop":        {"runnable", loop, false},
		"stopped":     {"chan receive", batonFrames, true},
		"a coroutine": {"coroutine", loop, true},
	} {
		stacks := strings.NewReplacer("STATE", c.state, "FRAMES", c.frames).Replace(stuckStack)
		want := "goroutine 14 [" + c.state + "]:\n" + c.frames + "\nexample.org/m.TestM.func1()\n\t/m/m_test.go:27 +0xc7"
		if c.all {
			want = stacks
		}
		if got := ProgramStacks(stacks); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// A goroutine that the scheduler waits for is named by the code of the program, and by what it does.
func TestStalledAt(t *testing.T) {
	printing := lockFrames
	for name, c := range map[string]struct{ state, frames, where, want string }{
		"loop":                      {"running", "example.org/m.loop(...)\n\t/m/m.go:7", "m.loop at /m/m.go:7", "running"},
		"in the standard library":   {"syscall, 1 minutes", printing, "m.TestM.func1 at /m/m_test.go:27", "syscall"},
		"waits":                     {"IO wait, 3 minutes, locked to thread", printing, "m.TestM.func1 at /m/m_test.go:27", "IO wait"},
		"stopped by a coroutine":    {"coroutine", printing, "", ""},
		"stopped by the scheduler ": {"chan receive", batonFrames, "", ""},
	} {
		where, state := StalledAt(strings.NewReplacer("STATE", c.state, "FRAMES", c.frames).Replace(stuckStack))
		if where != c.where || state != c.want {
			t.Errorf("%s: %q, %q, want %q, %q", name, where, state, c.where, c.want)
		}
	}
}
