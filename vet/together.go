package vet

import (
	"go/ast"
)

// checkTogether reports a return that keeps the permits of one semaphore because the Acquire of another
// one failed, if another function of the package releases both.
//
// A function that takes for its caller is no mistake by itself, so the rules for one function say nothing
// about it. But if every Release of the first semaphore certainly comes with a Release of the second, no
// caller can give back the first alone. After the failure the second has nothing to give back. So the
// caller either keeps the first for ever, or releases permits of the second that were never taken.
func (p *checker) checkTogether(f *function) {
	flows := map[place]*flow{}
	for _, on := range f.places() {
		took := f.onlyTake(on)
		// A literal runs at a time of its own, so its failure says nothing about the returns of the
		// declaration. A place with a release in f is left to checkReturns.
		if took == nil || took.body() != ast.Node(f.decl) || len(f.on(on)) > 1 || !f.steady(on) || !p.private(on) {
			continue
		}
		flows[on] = p.follow(f, f.decl, f.on(on), state{}, nil)
	}
	reported := map[*ast.ReturnStmt]bool{}
	for _, kept := range f.places() { // in the order of the text, so that each run reports the same pair
		for _, missing := range f.places() {
			first, second := flows[kept], flows[missing]
			if first == nil || second == nil || kept == missing || kept.root != missing.root && kept.fields+missing.fields != "" ||
				!p.onlyTakeOfPackage(missing) || !p.releasedTogether(kept, missing) {
				continue
			}
			for ret, states := range first.exits {
				// Held on every path and failed on every path: a return after a wait for either of the two
				// semaphores would have mixed states, and one of its callers may do the right thing.
				a, holds := all(states, held)
				b, fails := all(second.exits[ret], failed)
				if !holds || !fails || reported[ret] || !p.fails(f.decl, ret) && !p.isBool(ret, false) {
					continue
				}
				reported[ret] = true
				p.Reportf(ret.Pos(), "this return keeps the permits of the %s in line %d: the %s in line %d failed, "+
					"and every Release of the first semaphore comes with one of the second",
					takes(a.from), p.line(a.from), takes(b.from), p.line(b.from))
			}
		}
	}
}

// private reports whether only the calls that the check sees can change the permits of on: its name is
// the package's own, and nothing hands it on.
func (p *checker) private(on place) bool {
	return on.shared() && !p.uses.aliased[on.last] && on.last.Pkg() == p.Pkg && (!on.last.Exported() || p.Pkg.Name() == "main")
}

// onlyTakeOfPackage reports whether one call of the whole package takes permits of on. With a second one,
// a caller may take what failed before, and then release both.
func (p *checker) onlyTakeOfPackage(on place) bool {
	n := 0
	for _, f := range p.all {
		for _, c := range f.calls {
			if c.on.last == on.last && c.op != release {
				n++
			}
		}
	}
	return n == 1
}

// releasedTogether reports whether each Release of a in the package certainly runs with a Release of b of
// the same owner, and there is one. Both stand in one list with no way out between them.
func (p *checker) releasedTogether(a, b place) bool {
	// No Release at all is no evidence: another package may release by an interface, or the permits are never
	// to come back, as in a limit on the calls of a whole process.
	found := false
	for _, f := range p.all {
		for _, c := range f.calls {
			if c.on.last != a.last || c.op != release {
				continue
			}
			if !p.releasesWith(f, c, b) {
				return false
			}
			found = true
		}
	}
	return found
}

// releasesWith reports whether c certainly runs together with a Release of b in f.
//
// The order of the two does not matter: whichever stands first, control passes from it to the other. Both have
// to be whole statements of the list, because an operand of && may not be evaluated. The root has to be the same
// for fields: x.a and y.b are semaphores of two owners. Variables of the package have no owner.
//
// A Release whose weight is a variable may be a Release of 0: the caller knows that it did not get the second. Only a
// constant, or the weight that goes back to the first, shows that something goes back to both.
func (p *checker) releasesWith(f *function, c *call, b place) bool {
	l, at := c.enclosing(1)
	if at < 0 || c.up(1) != ast.Node(l.stmts[at]) {
		return false
	}
	for _, other := range f.calls {
		if other.op != release || other.on.last != b.last || other.on.root != c.on.root && c.on.fields != "" {
			continue
		}
		if _, known := p.constantWeight(f, other.weight); !known && !p.sameWeight(f, other.weight, c.weight) {
			continue
		}
		i := l.index(other)
		if i >= 0 && other.up(1) == ast.Node(l.stmts[i]) && l.straight(min(i, at), max(i, at)) {
			return true
		}
	}
	return false
}
