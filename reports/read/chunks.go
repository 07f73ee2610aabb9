package read

import "iter"

// pileStep is the length of a part of a pile: long enough that allocating it is no cost.
const chunkLen = 1 << 14

// A pile is a long slice in parts. It grows without copying, and so without leaving behind several
// times its size for the collector.
type chunked[T any] struct {
	chunks [][]T
	n      int
}

func (p *chunked[T]) append(v T) {
	if p.n == len(p.chunks)*chunkLen {
		p.chunks = append(p.chunks, make([]T, chunkLen))
	}
	p.chunks[p.n/chunkLen][p.n%chunkLen] = v
	p.n++
}

func (p *chunked[T]) at(i int) T { return p.chunks[i/chunkLen][i%chunkLen] }

// cut keeps the first n, and the memory of all.
func (p *chunked[T]) truncate(n int) { p.n = n }

func (p *chunked[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range p.n {
			if !yield(p.at(i)) {
				return
			}
		}
	}
}
