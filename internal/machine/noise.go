package machine

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Watch measures what the machine does beside this process and the children that it waited for.
// Only Linux has the counters for that; elsewhere a Watch has no noise.
type Watch struct {
	began  time.Time
	before reading
}

// A Noise is one figure, in a unit of benchmark text. A figure that cannot be read is left out:
// zero would say that the machine was quiet.
//
//   - noise-foreign-cores: processor time of all other processes, in cores.
//   - noise-steal-cores: processor time that the hypervisor gave to other guests while a thread of
//     this machine could have run, in cores.
//   - noise-psi-cpu: the share of the time in which at least one thread waited for a core. Threads of
//     this process count too. See pressure stall information in the documentation of Linux.
//   - noise-load1: the load average of the last minute. This process counts too.
//
// The kernel counts the first two in ticks of 10 ms for each core, so over 100 ms they have a
// resolution of a tenth.
type Noise struct {
	Unit  string
	Value float64
}

// A reading has the kernel's counters at one time. A negative value could not be read. All of it is
// read at one time, as far as four files can be.
type reading struct {
	busy, steal time.Duration // of all cores
	own         time.Duration // processor time of this process and of children that it waited for
	stalled     time.Duration // time in which at least one thread waited for a core
	load1       float64
}

// StartWatch starts a Watch.
func StartWatch() Watch { return Watch{time.Now(), read()} }

// Noise returns the noise since StartWatch.
func (w Watch) Noise() []Noise { return noiseBetween(w.before, read(), time.Since(w.began)) }

// noiseBetween returns the noise between two readings that lie wall apart. A share is never
// negative: ticks are coarse, so this process can seem to have used more time than all processes
// together. A figure is left out if either reading lacks it, since a difference needs both.
func noiseBetween(before, after reading, wall time.Duration) (all []Noise) {
	if wall <= 0 {
		return nil
	}
	share := func(d time.Duration) float64 { return max(0, d.Seconds()/wall.Seconds()) }
	if before.busy >= 0 && after.busy >= 0 && before.own >= 0 && after.own >= 0 {
		foreign := after.busy - before.busy - (after.own - before.own)
		all = append(all, Noise{"noise-foreign-cores", share(foreign)})
	}
	if before.steal >= 0 && after.steal >= 0 {
		all = append(all, Noise{"noise-steal-cores", share(after.steal - before.steal)})
	}
	if before.stalled >= 0 && after.stalled >= 0 {
		all = append(all, Noise{"noise-psi-cpu", min(1, share(after.stalled-before.stalled))})
	}
	if after.load1 >= 0 {
		all = append(all, Noise{"noise-load1", after.load1})
	}
	return all
}

// tick is the unit of /proc/stat: USER_HZ is 100 on every architecture that Go runs on.
const tick = 10 * time.Millisecond

// parseStat reads the sum of all cores from /proc/stat. The last two fields of its line, the time
// of guests, are left out: the field user includes them.
func parseStat(text string) (busy, steal time.Duration) {
	line, _, _ := strings.Cut(text, "\n")
	var user, nice, system, idle, iowait, irq, softirq, stolen int64
	_, err := fmt.Sscanf(line, "cpu %d %d %d %d %d %d %d %d",
		&user, &nice, &system, &idle, &iowait, &irq, &softirq, &stolen)
	if err != nil {
		return -1, -1
	}
	return time.Duration(user+nice+system+irq+softirq) * tick, time.Duration(stolen) * tick
}

// parsePressure reads the total of the line “some” of /proc/pressure/cpu.
func parsePressure(text string) time.Duration {
	for line := range strings.Lines(text) {
		_, total, ok := strings.Cut(strings.TrimSpace(line), "total=")
		if !ok || !strings.HasPrefix(line, "some ") {
			continue
		}
		if us, err := strconv.ParseInt(total, 10, 64); err == nil {
			return time.Duration(us) * time.Microsecond
		}
	}
	return -1
}

// parseLoad reads the load average of the last minute from /proc/loadavg.
func parseLoad(text string) float64 {
	first, _, _ := strings.Cut(text, " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return -1
	}
	return load
}
