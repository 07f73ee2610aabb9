package schedrt

// Random numbers are the same in every schedule. Each goroutine has its own, by who started it and as
// which of how many: what others drew before makes no difference.

// Random returns the next number of the running goroutine, to be called under control only.
func Random() uint64 {
	g := active.cur
	g.drawn++
	return mix(g.lineage + g.drawn*0x9e3779b97f4a7c15)
}

// Reseed begins the numbers of the running goroutine anew.
func Reseed(seed int64) { active.cur.lineage, active.cur.drawn = mix(uint64(seed)), 0 }

// descend gives a goroutine the name of a child of another, or of nobody.
func (g *G) descend(parent *G) {
	if parent != nil {
		parent.kids++
		g.lineage = mix(parent.lineage ^ parent.kids<<32)
	}
}

// mix is the output function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
