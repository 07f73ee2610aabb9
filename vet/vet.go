// Package vet has a check of Go source for wrong uses of semaphores. It judges
// golang.org/x/sync/semaphore, this module's impls/semaphore, and every type with the methods
//
//	Acquire(context.Context, int64) error
//	TryAcquire(int64) bool
//	Release(int64)
//
// Thirteen mistakes are reported:
//
//   - The error of Acquire is ignored, and the context can be done.
//   - An early return keeps the permits, and the other returns of the function release them.
//   - A goroutine that got the permits from its starter ends without a Release on one path.
//   - A continue keeps the permits of its round, or a break does so.
//   - A deferred Release stands in a loop, so the permits of all rounds add up.
//   - A panic that is recovered, a Goexit or the end of a test keeps the permits.
//   - A return keeps the permits of one semaphore because the Acquire of another one failed, and a
//     second function releases both together.
//   - A condition takes permits, may be false all the same, and only its true branch releases.
//   - Release follows an Acquire that failed, also by a defer before the error was looked at, and
//     also because the branch of the error goes on.
//   - The permits of one Acquire go back twice.
//   - The only Release of a function releases a constant weight that differs from the weight of its only Acquire.
//   - A semaphore is copied by value.
//   - An HTTP handler calls Acquire with context.Background or context.TODO.
//
// The command is semabench vet. [Analyzer] serves other drivers: golangci-lint, multichecker, and
// unitchecker, for go vet -vettool.
//
// # What this does not show
//
// The check would rather miss a mistake than report correct code. It follows one function at a
// time, and says nothing about a semaphore that the function hands to other code, by a variable, an
// argument or a closure. It says nothing about permits that another function may release: a
// function that returns a connection may rightly keep the permit of that connection.
//
// # How it decides
//
// Each rule asks for facts that together exclude every correct program that the rule's author could
// think of, and reports only if all hold. A fact that cannot be established counts against a
// report. So the rules read as lists of exceptions.
package vet

import (
	"go/ast"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/ctrlflow"
)

// Analyzer reports wrong uses of semaphores.
var Analyzer = &analysis.Analyzer{
	Name: "semaphore",
	Doc: "report wrong uses of semaphores: ignored errors, lost permits, wrong weights, copies\n\n" +
		"It judges golang.org/x/sync/semaphore and every type with Acquire(context.Context, int64) error,\n" +
		"TryAcquire(int64) bool and Release(int64).",
	URL: "https://pkg.go.dev/github.com/semabench/semabench/vet",
	// The facts of ctrlflow say which functions of other packages never return, such as
	// testing.T.Fatal. Without them, every path after such a call would look like a lost permit.
	Requires: []*analysis.Analyzer{ctrlflow.Analyzer},
	Run:      run,
}

// run judges a package. The copies are found without the flow of control, in every file. The other
// rules look at functions, because the check follows a permit within one function only.
func run(pass *analysis.Pass) (any, error) {
	p := &checker{Pass: pass, graphs: pass.ResultOf[ctrlflow.Analyzer].(*ctrlflow.CFGs)}
	for _, file := range pass.Files {
		if ast.IsGenerated(file) {
			continue // its author is a program, which no report reaches
		}
		p.checkCopies(file)
	}
	p.collect()
	for _, f := range p.functions {
		p.checkErrors(f)
		p.checkHandlers(f)
		p.checkWeights(f)
		p.checkPaths(f)
		p.checkTogether(f)
	}
	return nil, nil
}
