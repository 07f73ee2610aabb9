package stress

import (
	"strings"
	"testing"
)

const dump = `goroutine 7 [running, synctest bubble 3]:
github.com/semabench/semabench/stress.stacks()
	/suite/stacks.go:20 +0x3c

goroutine 9 [sync.Cond.Wait (durable), synctest bubble 3]:
sync.runtime_notifyListWait(0xc0, 0x2)
	/go/src/runtime/sema.go:617 +0x15d
sync.(*Cond).Wait(0xc0)
	/go/src/sync/cond.go:71 +0x73
example.org/mine.(*Sem).Acquire(0xc0, {0x5e0158, 0x779b00}, 0x1)
	/mine/sem.go:19 +0x94
github.com/semabench/semabench/stress.(*trial).startWith.func1()
	/suite/trial.go:155 +0x89
created by github.com/semabench/semabench/stress.(*trial).startWith in goroutine 7
	/suite/trial.go:148 +0x1e5

goroutine 10 [chan receive (durable), synctest bubble 2]:
example.org/mine.(*Sem).old()
	/mine/sem.go:99 +0x94

goroutine 11 [select, synctest bubble 3]:
example.org/mine.(*Sem).pump(0xc0)
	/mine/sem.go:40 +0x94
created by example.org/mine.New in goroutine 7
	/mine/sem.go:12 +0x1e5`

// A failing clause shows the frames of the implementation, down to the function that it waits in.
func TestRelevantStacks(t *testing.T) {
	const want = `goroutine 9 [sync.Cond.Wait (durable), synctest bubble 3]:
sync.runtime_notifyListWait(0xc0, 0x2)
	/go/src/runtime/sema.go:617 +0x15d
sync.(*Cond).Wait(0xc0)
	/go/src/sync/cond.go:71 +0x73
example.org/mine.(*Sem).Acquire(0xc0, {0x5e0158, 0x779b00}, 0x1)
	/mine/sem.go:19 +0x94
goroutine 11 [select, synctest bubble 3]:
example.org/mine.(*Sem).pump(0xc0)
	/mine/sem.go:40 +0x94
created by example.org/mine.New in goroutine 7
	/mine/sem.go:12 +0x1e5`
	if got := relevantStacks(dump); got != want {
		t.Errorf("relevant stacks are\n%s\nwant\n%s", got, want)
	}
	if got := relevantStacks(strings.Split(dump, "\n\n")[0]); got != "" {
		t.Errorf("a goroutine of the suite alone leaves %q, want nothing", got)
	}
}
