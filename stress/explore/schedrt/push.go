package schedrt

// The race detector watches the runtime's own maps and growing slices in whatever package they are
// used. What several controlled goroutines share is therefore grown by hand and found in a
// table of our own: this package is compiled without the detector.

// push appends v.
func push[T any](s []T, v T) []T {
	if len(s) == cap(s) {
		grown := make([]T, len(s), 2*len(s)+8)
		//lint:ignore S1001 copy is watched by the detector, too
		for i, v := range s {
			grown[i] = v
		}
		s = grown
	}
	s = s[:len(s)+1]
	s[len(s)-1] = v
	return s
}

// shift removes the first element.
func shift[T any](s []T) ([]T, T) {
	first := s[0]
	for i := 1; i < len(s); i++ {
		s[i-1] = s[i]
	}
	var none T
	s[len(s)-1] = none
	return s[:len(s)-1], first
}
