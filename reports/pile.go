package reports

import "iter"

// pileStep is the length of a part of a pile: long enough that allocating it is no cost.
const pileStep = 1 << 14

// A pile is a long slice in parts. It grows without copying, and so without leaving behind several
// times its size for the collector.
type pile[T any] struct {
	parts [][]T
	n     int
}

func (p *pile[T]) add(v T) {
	if p.n == len(p.parts)*pileStep {
		p.parts = append(p.parts, make([]T, pileStep))
	}
	p.parts[p.n/pileStep][p.n%pileStep] = v
	p.n++
}

func (p *pile[T]) at(i int) T { return p.parts[i/pileStep][i%pileStep] }

// cut keeps the first n, and the memory of all.
func (p *pile[T]) cut(n int) { p.n = n }

func (p *pile[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range p.n {
			if !yield(p.at(i)) {
				return
			}
		}
	}
}
