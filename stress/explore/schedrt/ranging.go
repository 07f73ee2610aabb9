package schedrt

// RangeChannelInto is range ch with the variable that all rounds of a loop share before Go 1.22.
func RangeChannelInto[T any](ch <-chan T) (r *ChannelRange[T], v T) { return RangeChannel(ch), v }

// NextInto receives into v and reports whether there was anything. If not, v stays what it was.
func (r *ChannelRange[T]) NextInto(v *T) bool {
	if !r.Next() {
		return false
	}
	*v = r.v
	return true
}
