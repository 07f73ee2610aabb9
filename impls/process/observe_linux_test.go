package process_test

import (
	"os"
	"strings"
	"testing"
	"time"
)

// mustWait returns when all threads of the child sleep, and have not run for some looks: so it has got
// as far as it can with what it was told. One that has been woken and waits for a processor does not sleep.
func (c *child) mustWait() {
	c.t.Helper()
	const still = 5
	last, same := "", 0
	c.eventually("waits", func() bool {
		now, asleep := c.switches()
		if now != last || !asleep {
			last, same = now, 0
		}
		same++
		return same > still
	})
}

// switches changes whenever a thread of the child has run.
func (c *child) switches() (all string, asleep bool) {
	dir := "/proc/" + itoa(c.cmd.Process.Pid) + "/task/"
	threads, err := os.ReadDir(dir)
	if err != nil {
		return err.Error(), false
	}
	asleep = true
	for _, thread := range threads {
		ran, _ := os.ReadFile(dir + thread.Name() + "/schedstat")
		all += string(ran)
		asleep = asleep && stateOf(dir+thread.Name()) == 'S'
	}
	return all, asleep
}

// stateOf returns the letter of proc(5) for the state of what has this folder there, or 0.
func stateOf(dir string) byte {
	stat, _ := os.ReadFile(dir + "/stat")
	after := strings.LastIndexByte(string(stat), ')') + 2
	if after >= len(stat) {
		return 0
	}
	return stat[after]
}

// mustBe waits until the kernel says that the child is in a state, by its letter in proc(5).
func (c *child) mustBe(state byte) {
	c.t.Helper()
	c.eventually("is in state "+string(state), func() bool {
		return stateOf("/proc/"+itoa(c.cmd.Process.Pid)) == state
	})
}

func (c *child) eventually(what string, is func() bool) {
	c.t.Helper()
	eventually(c.t, what, is)
}

// eventually looks until it is so. What another process does cannot be waited for in another way.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !is(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(until) {
			t.Fatalf("it never was so that it %s", what)
		}
	}
}
