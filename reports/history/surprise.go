package history

import "math"

// surprises say how rare it is that some of n runs in random order have a given sum of centred ranks.
//
// Sums of parts of different sizes are compared by it. A quotient of the sum and its standard deviation would
// not do: ranks bound the sum of a small part, so the quotient of seven runs among forty is at most 4.2,
// however slow they are. Longer parts exceed that by chance. That these very seven are the slowest has a
// chance of one in nine million, and no longer part is as rare.
type surprises struct {
	n     int
	tails [][]float64 // by size and twice the sum: minus the logarithm of the chance; see newSurprises
}

// mostExact is the size of the greatest part whose chances are exact. From there on the normal distribution
// is near enough: it gives the extreme of 13 runs among 40 a chance of 4e-7.
const mostExact = 12

// newSurprises counts the parts of each small size by their sum. Longer histories get fewer exact sizes, since
// the counting takes mostExact² n² steps, which is 13 million for 300 runs.
func newSurprises(n int) *surprises {
	most := min(mostExact, n/2, 3600/n)
	counts := make([][]float64, most+1)
	for m := range counts {
		counts[m] = make([]float64, m*n+1)
	}
	counts[0][0] = 1
	for rank := 1; rank <= n; rank++ {
		for m := min(most, rank); m > 0; m-- { // downwards: each rank is in a part once
			for sum := rank; sum <= m*n && sum-rank < len(counts[m-1]); sum++ {
				counts[m][sum] += counts[m-1][sum-rank]
			}
		}
	}
	s := &surprises{n: n, tails: make([][]float64, most+1)}
	for m := 1; m <= most; m++ {
		s.tails[m] = tailsOf(counts[m], m, n)
	}
	return s
}

// tailsOf returns, by twice a centred sum, minus the logarithm of the chance of a sum at least as far from 0. Twice
// the sum is an integer, also where equal values share a rank.
func tailsOf(counts []float64, m, n int) []float64 {
	all := 0.0
	for _, c := range counts {
		all += c
	}
	twiceMiddle := m * (n + 1)
	tails := make([]float64, m*(n-m)+1)
	above, next := 0.0, len(counts)-1 // the number of parts with a sum above next
	for twice := len(tails) - 1; twice >= 0; twice-- {
		for ; next >= 0 && 2*next-twiceMiddle >= twice; next-- {
			above += counts[next]
		}
		tails[twice] = -math.Log(min(1, 2*above/all))
	}
	return tails
}

// surprise returns minus the logarithm of the chance that size runs have a sum at least as far from 0.
func (s *surprises) surprise(size int, sum float64) float64 {
	sum = math.Abs(sum)
	m := min(size, s.n-size) // all other runs have the same sum, with the other sign
	if m < len(s.tails) {
		return s.tails[m][min(int(2*sum+1e-6), len(s.tails[m])-1)]
	}
	z := sum / math.Sqrt(float64(m)*float64(s.n-m)*float64(s.n+1)/12)
	if z > 25 { // the chance has no float64
		return z*z/2 + math.Log(z*math.Sqrt(math.Pi/2))
	}
	return -math.Log(math.Erfc(z / math.Sqrt2))
}

// least returns the smallest sum of size runs that is as surprising as asked, +Inf if none is.
func (s *surprises) least(size int, surprise float64) float64 {
	lo, hi := -1, size*(s.n-size) // twice the sums
	if s.surprise(size, float64(hi)/2) < surprise {
		return math.Inf(1)
	}
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; s.surprise(size, float64(mid)/2) < surprise {
			lo = mid
		} else {
			hi = mid
		}
	}
	return float64(hi) / 2
}
