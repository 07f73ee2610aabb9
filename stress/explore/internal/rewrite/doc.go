// Package rewrite builds a test binary in which goroutines, channels and locks are under control.
//
//	b, err := rewrite.Build(ctx, rewrite.Options{Dir: ".", Cache: cache})
//	if err != nil {
//		return err
//	}
//	defer b.Close()
//	err = exec.Command(b.Path, "-test.run=TestX").Run()
//
// Build takes four steps:
//
//  1. It asks the go command for the packages that the test is made of.
//  2. It type-checks each of them that is not in the standard library.
//  3. It writes copies of their files into a cache. In the copies, go statements and the operations of
//     channels are calls of package schedrt, and the names of sync, sync/atomic, context, time and a few
//     more that block, order or tell the time are names of the look-alikes in package shim.
//     Where package variables can change, a function is added that initializes the package again, see
//     reset.go.
//  4. It has the go command build the copies in the place of the originals: through -overlay, and for
//     modules in the module cache, whose files an overlay may not replace, through copies of the whole
//     module and -modfile.
//
// Steps 2 and 3 are left out if the copies in the cache are of the same program, see stamp.go.
//
// Edits are made in the text, and keep every line where it was, so positions in reports and panics
// are positions of the originals. Nothing is written into the user's tree.
//
// # What this does not do
//
// Of the standard library it rewrites only the packages of reached.go. A call of another standard
// function that blocks is refused when it is made (see refused.go). The watchdog of package schedrt
// finds functions that block and are not in the list of refused.go. cgo and go:linkname to the
// waiting functions of the runtime are refused at build time.
package rewrite
