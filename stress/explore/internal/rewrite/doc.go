// Package rewrite builds a test binary whose goroutines, channels and locks are under control.
//
// It asks the go command what the test is made of, type-checks every package that is not of the
// standard library, and writes copies of those in which
//
//   - go, send, receive, close, select, len and range on channels are calls of package schedrt,
//   - names of sync, sync/atomic, context, time and runtime that block, order or tell the time are
//     those of the look-alikes in package shim,
//
// into a cache. The go command builds them through -overlay and, as it does not let files in the
// module cache be replaced, through copies of whole modules and -modfile. Nothing is
// written into the tree of the user. Edits are made in the text and keep every line where it was.
package rewrite
