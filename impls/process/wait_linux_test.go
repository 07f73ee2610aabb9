package process_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// mustWait returns when all threads of the child sleep, and have not run for some looks: so it has got
// as far as it can with what it was told.
func (c *child) mustWait() {
	c.t.Helper()
	const still = 5
	last, same := "", 0
	c.eventually("waits", func() bool {
		now := c.switches()
		if now != last {
			last, same = now, 0
		}
		same++
		return same > still
	})
}

// switches changes whenever a thread of the child has run.
func (c *child) switches() string {
	threads, err := os.ReadDir("/proc/" + itoa(c.cmd.Process.Pid) + "/task")
	if err != nil {
		return err.Error()
	}
	all := ""
	for _, thread := range threads {
		status, _ := os.ReadFile("/proc/" + itoa(c.cmd.Process.Pid) + "/task/" + thread.Name() + "/schedstat")
		all += string(status)
	}
	return all
}

// mustBe waits until the kernel says that the child is in a state, by its letter in proc(5).
func (c *child) mustBe(state byte) {
	c.t.Helper()
	c.eventually("is in state "+string(state), func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
		after := strings.LastIndexByte(string(stat), ')') + 2
		return err == nil && after < len(stat) && stat[after] == state
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
