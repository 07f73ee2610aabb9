package machine

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Watch looks at what the machine does besides this process and those that it starts and waits
// for. It has something to tell on Linux only.
type Watch struct {
	began  time.Time
	before reading
}

// A Noise is one figure of it, in a unit of benchmark text. What cannot be read is absent: zero
// would say that it was quiet.
//
//   - noise-foreign-cores: processor time of everybody else, in cores.
//   - noise-steal-cores: what the hypervisor gave to other guests while somebody here wanted it.
//   - noise-psi-cpu: the share of the time in which some thread that could run had to wait for a
//     core, those of this process too: see Linux, pressure stall information.
//   - noise-load1: the load average of the last minute, with this process.
//
// The kernel counts the first two in ticks of 10 ms for each core: of 100 ms they know a tenth.
type Noise struct {
	Unit  string
	Value float64
}

// A reading has what was so far. A negative figure could not be read.
type reading struct {
	busy, steal time.Duration // of all cores
	own         time.Duration // processor time of this process and those that it waited for
	stalled     time.Duration
	load1       float64
}

// StartWatch begins to look.
func StartWatch() Watch { return Watch{time.Now(), read()} }

// Noise returns what there was since StartWatch.
func (w Watch) Noise() []Noise { return noiseBetween(w.before, read(), time.Since(w.began)) }

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

// parseStat reads the first line of /proc/stat. Time of guests is in user already.
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

func parseLoad(text string) float64 {
	first, _, _ := strings.Cut(text, " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return -1
	}
	return load
}
