package sched

// Each is range ch with the variable that all rounds of a loop share before Go 1.22.
func Each[T any](ch <-chan T) (r *Ranging[T], v T) { return Over(ch), v }

// Into receives into v and reports whether there was anything. If not, v stays what it was.
func (r *Ranging[T]) Into(v *T) bool {
	if !r.Next() {
		return false
	}
	*v = r.v
	return true
}
