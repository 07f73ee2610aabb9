package impls

const overRelease = "impls: released more than held"

func mustNotBeNegative(what string, n int64) {
	if n < 0 {
		panic("impls: negative " + what)
	}
}

// isDone reports whether a context's Done channel is closed. A nil one never is.
func isDone(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
