package impls

const overRelease = "impls: released more than held"

func mustNotBeNegative(what string, n int64) {
	if n < 0 {
		panic("impls: negative " + what)
	}
}
