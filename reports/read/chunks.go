package read

import "iter"

// chunkLen is the number of elements in a chunk. Chunks are so long that their allocation costs
// nothing beside the parsing of as many lines.
const chunkLen = 1 << 14

// A chunked is a growing list in chunks of equal length. A slice that grows by append copies its
// elements and leaves arrays of all earlier sizes to the garbage collector. A chunked does
// neither, which halves the peak memory of reading a million lines.
type chunked[T any] struct {
	chunks [][]T
	n      int
}

// append adds v at the end. It reuses a chunk that truncate left behind.
func (p *chunked[T]) append(v T) {
	if p.n == len(p.chunks)*chunkLen {
		p.chunks = append(p.chunks, make([]T, chunkLen))
	}
	p.chunks[p.n/chunkLen][p.n%chunkLen] = v
	p.n++
}

func (p *chunked[T]) at(i int) T { return p.chunks[i/chunkLen][i%chunkLen] }

// truncate keeps the first n elements. The memory of the others stays for later appends.
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
