package sched

// Random returns the next of a sequence of numbers that every goroutine has for itself, the same in
// each execution: two goroutines that draw are in no order.
func Random() uint64 {
	g := active.cur
	g.drawn++
	z := uint64(g.ID)<<32 + g.drawn*0x9e3779b97f4a7c15 // SplitMix64
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
