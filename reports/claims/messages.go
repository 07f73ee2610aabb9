package claims

import "fmt"

// The limits of the rules on memory and messages.
const (
	// the growth in time, for 65536 times as many bytes, up to which a message counts as free of
	// charge
	maxFlatGrowth = 10
	minPipeCost   = 2 // times as long over a pipe as over a channel
	minMemoryCost = 1.5
)

// messageEstimates returns the times of the smallest and the largest message of a mode, and their
// quotient. Fewer than two sizes give estimates that are not measured. The two ends of the range
// are enough: the rules ask for growth, and not for its shape.
//
// All three are added to the figures, since a growth alone would not say whether it is of
// nanoseconds or of seconds.
func (m *dataset) messageEstimates(
	c *Claim,
	mode, how string,
) (small, large, growth Estimate, sizes []float64) {
	sizes = m.sizes("hand")
	if len(sizes) < 2 {
		return
	}
	a, b := m.rowOfSize("hand", mode, sizes[0]), m.rowOfSize("hand", mode, sizes[len(sizes)-1])
	small = c.addFigure(size(sizes[0])+" "+how, medianOf(a, taskTime), Estimate.seconds)
	large = c.addFigure(size(sizes[len(sizes)-1])+" "+how, medianOf(b, taskTime), Estimate.seconds)
	growth = c.addFigure("growth "+how, ratio(b, a, taskTime), Estimate.times)
	return small, large, growth, sizes
}

const noMessages = "no messages were measured."

// sharedMemory decides whether threads share memory: then the time to pass a message does not
// depend on its size. Copying 65536 times as many bytes takes far more than ten times as long, and
// passing an address does not.
//
// The limit of ten is far from both: an address takes the same time, and a copy of 65536 times
// as many bytes takes hundreds of times as long. So noise decides nothing between them.
func sharedMemory(m *dataset) *Claim {
	c := &Claim{
		ID:   "sharing",
		Text: "Threads share memory: what one has, the others have",
		Rule: fmt.Sprintf(
			"It holds if handing over the largest message to a goroutine takes less than %d "+
				"times as long "+
				"as the smallest, and does not hold if it takes longer.",
			maxFlatGrowth,
		),
	}
	small, large, growth, sizes := m.messageEstimates(c, goroutines, "over a channel")
	if !growth.measured() {
		c.conclude(Unmeasurable, noMessages)
		return c
	}
	more := number(sizes[len(sizes)-1] / sizes[0])
	words := fmt.Sprintf(
		"%s takes %s to hand over and to be answered, %s takes %s: %s for %s times as many bytes",
		size(
			sizes[0],
		), small.seconds(), size(sizes[len(sizes)-1]), large.seconds(), growth.times(), more,
	)
	switch growth.atLeast(maxFlatGrowth) {
	case no:
		c.conclude(Holds, "%s. A channel carries the address of the bytes, not the bytes.", words)
	case yes:
		c.conclude(Fails, "because %s.", words)
	default:
		c.conclude(Undecided, "%s.", words)
	}
	return c
}

// separateMemory decides whether processes have memory of their own: then a message has to be
// copied, and memory exists once per process. The rule asks for visible costs only: memory that is
// separate and free of charge would not matter to a reader. The order of the cases is from the
// strictest to the mildest. Where memory was not measured, the other two conditions decide.
func separateMemory(m *dataset) *Claim {
	c := &Claim{
		ID:   "sending",
		Text: "Processes have memory of their own, and send each other messages",
		Rule: fmt.Sprintf(
			"It holds if the cost is visible: a message over a pipe takes at least %d times as "+
				"long as one "+
				"over a channel at every size, the largest message takes at least %d times as "+
				"long as the smallest, "+
				"and the pool takes at least %v times the memory of goroutines. It holds only "+
				"when messages are "+
				"large if only the largest message costs that much. It does not hold if even "+
				"the largest costs less.",
			minPipeCost, maxFlatGrowth, minMemoryCost,
		),
	}
	small, large, growth, sizes := m.messageEstimates(c, processes, "over a pipe")
	if !growth.measured() {
		c.conclude(Unmeasurable, noMessages)
		return c
	}
	dear := m.pipeAgainstChannel(c, sizes)
	memory := c.addFigure(
		"memory, pool against goroutines", m.poolMemory(), Estimate.times,
	)
	last := dear[len(dear)-1]
	words := fmt.Sprintf(
		"%s there and back takes %s over a pipe, %s takes %s", size(sizes[0]), small.seconds(),
		size(sizes[len(sizes)-1]), large.seconds(),
	)
	separate := memory.atLeast(minMemoryCost) == yes || !memory.measured()
	switch {
	case allAre(dear, yes) && growth.atLeast(maxFlatGrowth) == yes && separate:
		c.conclude(Holds, "%s. A pipe carries the bytes.", words)
	case last == yes && growth.atLeast(maxFlatGrowth) == yes:
		c.conclude(HoldsWhen, "messages are large: %s.", words)
	case last == no:
		c.conclude(Fails, "because %s.", words)
	default:
		c.conclude(Undecided, "%s.", words)
	}
	if memory.measured() {
		c.addRemark(
			"A pool of %s took %s the memory of as many goroutines, though the pages of the "+
				"program are the same.",
			m.findRow("hash", processes).params["workers"], memory.times(),
		)
	}
	return c
}

// pipeAgainstChannel compares the two at every size of a message, from the smallest on: the last
// answer is about the largest.
//
// Both sides are taken at the same size, so the cost of touching the bytes is in both and
// cancels.
func (m *dataset) pipeAgainstChannel(c *Claim, sizes []float64) (dear []answer) {
	for _, n := range sizes {
		e := c.addFigure(
			size(n)+", pipe against channel",
			ratio(
				m.rowOfSize("hand", processes, n),
				m.rowOfSize("hand", goroutines, n),
				taskTime,
			), Estimate.times,
		)
		dear = append(dear, e.atLeast(minPipeCost))
	}
	return dear
}
