package claims

import "fmt"

const (
	flat    = 10 // times: what a message may take longer, being 65536 times as large, to be called free
	dearer  = 2  // times as much over a pipe as over a channel
	smaller = 1.5
)

// hand returns the estimates of messages of a mode: the smallest, the largest, and how many times as long
// the latter takes.
func (m *measured) hand(c *Claim, mode, how string) (small, large, growth Estimate, sizes []float64) {
	sizes = m.sizes("hand")
	if len(sizes) < 2 {
		return
	}
	a, b := m.sized("hand", mode, sizes[0]), m.sized("hand", mode, sizes[len(sizes)-1])
	small = c.add(size(sizes[0])+" "+how, of(a, taskTime), Estimate.seconds)
	large = c.add(size(sizes[len(sizes)-1])+" "+how, of(b, taskTime), Estimate.seconds)
	growth = c.add("growth "+how, ratio(b, a, taskTime), Estimate.times)
	return small, large, growth, sizes
}

const noMessages = "no messages were measured."

// sharing is about threads, which share memory.
func sharing(m *measured) *Claim {
	c := &Claim{
		ID:   "sharing",
		Text: "Threads share memory: what one has, the others have",
		Rule: fmt.Sprintf("It holds if handing over the largest message to a goroutine takes less than %d times as long "+
			"as the smallest, and does not hold if it takes longer.", flat),
	}
	small, large, growth, sizes := m.hand(c, goroutines, "over a channel")
	if !growth.measured() {
		c.settle(Unmeasurable, noMessages)
		return c
	}
	more := number(sizes[len(sizes)-1] / sizes[0])
	words := fmt.Sprintf("%s takes %s to hand over and to be answered, %s takes %s: %s for %s times as many bytes",
		size(sizes[0]), small.seconds(), size(sizes[len(sizes)-1]), large.seconds(), growth.times(), more)
	switch growth.atLeast(flat) {
	case no:
		c.settle(Holds, "%s. A channel carries where the bytes are, not the bytes.", words)
	case yes:
		c.settle(Fails, "because %s.", words)
	default:
		c.settle(Undecided, "%s.", words)
	}
	return c
}

// sending is about processes, which do not.
func sending(m *measured) *Claim {
	c := &Claim{
		ID:   "sending",
		Text: "Processes have memory of their own, and send each other messages",
		Rule: fmt.Sprintf("It holds if the price of that is seen: a message over a pipe takes at least %d times as long as "+
			"one over a channel at every size, the largest at least %d times as long as the smallest, and the pool "+
			"at least %v times the memory of goroutines. It holds only when messages are large if that is so of the "+
			"largest alone. It does not hold if even the largest takes less.", dearer, flat, smaller),
	}
	small, large, growth, sizes := m.hand(c, processes, "over a pipe")
	if !growth.measured() {
		c.settle(Unmeasurable, noMessages)
		return c
	}
	dear := m.pipeAgainstChannel(c, sizes)
	memory := c.add("memory, pool against goroutines",
		ratio(m.find("hash", processes), m.find("hash", goroutines), peakBytes), Estimate.times)
	last := dear[len(dear)-1]
	words := fmt.Sprintf("%s there and back takes %s over a pipe, %s takes %s", size(sizes[0]), small.seconds(),
		size(sizes[len(sizes)-1]), large.seconds())
	separate := memory.atLeast(smaller) == yes || !memory.measured()
	switch {
	case every(dear, yes) && growth.atLeast(flat) == yes && separate:
		c.settle(Holds, "%s. A pipe carries the bytes.", words)
	case last == yes && growth.atLeast(flat) == yes:
		c.settle(HoldsWhen, "messages are large: %s.", words)
	case last == no:
		c.settle(Fails, "because %s.", words)
	default:
		c.settle(Undecided, "%s.", words)
	}
	if memory.measured() {
		c.beside("A pool of %s took %s the memory of as many goroutines, though the pages of the program are the same.",
			m.find("hash", processes).params["workers"], memory.times())
	}
	return c
}

func (m *measured) pipeAgainstChannel(c *Claim, sizes []float64) (dear []answer) {
	for _, n := range sizes {
		e := c.add(size(n)+", pipe against channel",
			ratio(m.sized("hand", processes, n), m.sized("hand", goroutines, n), taskTime), Estimate.times)
		dear = append(dear, e.atLeast(dearer))
	}
	return dear
}
