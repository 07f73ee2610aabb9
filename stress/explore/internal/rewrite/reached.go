package rewrite

import "strings"

// instrumented lists the packages of the standard library that are rewritten, if the test's own code
// imports them. Their types have locks inside, and call code of the program while a lock is held: a
// handler or a logger calls the program's io.Writer. Left alone, such a lock would block a goroutine
// behind the scheduler's back, and the order of two calls would be no decision of the schedule.
//
// The go command replaces these files through the overlay, so types keep their identity, and the
// standard packages that import them use the copies, too. Outside of a schedule the copies do what
// the originals do.
//
// A package can be in the list if package schedrt and the look-alikes do not import it: an import
// cycle otherwise. Each package that is rewritten makes its importers be compiled again, once for
// each Go release, so packages whose state no program can observe, such as caches, stay as they are.
//
// Each package has its variables that calls of the program change. They get their values back before
// each schedule, see package schedrt.Keep. An initialization as in reset.go would undo what the test
// did before it called package explore, such as log.SetOutput(io.Discard) in TestMain. With a star the
// entry is a pointer, whose target is restored; with a tilde it is restored with all that it leads to.
var instrumented = map[string][]string{
	"crypto/tls":              {},
	"database/sql":            {},
	"log":                     {"*std"},
	"log/slog":                {"defaultLogger", "logLoggerLevel"},
	"net/http":                {"DefaultClient", "*DefaultClient", "DefaultTransport", "*DefaultTransport.(*Transport)", "DefaultServeMux", "~defaultServeMux"},
	"net/http/cookiejar":      {},
	"net/http/internal/http2": {}, // since Go 1.27
	"net/http/httptest":       {},
	"net/http/httputil":       {},
	"net/rpc":                 {},
	"net/smtp":                {},
	"net/textproto":           {},
}

func isInstrumented(path string) bool { _, ok := instrumented[path]; return ok }

// engine is the path of package explore. It and the packages below it are never rewritten.
const engine = "github.com/semabench/semabench/stress/explore"

// ofEngine reports whether a package is of the engine itself. The packages below package explore
// are, but for examples and test data. A rewritten engine would call itself at each step. Names are
// compared by whole elements of the path, as package explorer is none of them.
func ofEngine(path string) bool {
	rest, ok := strings.CutPrefix(path, engine)
	first, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	switch first {
	case "", "schedrt", "shim", "internal":
		return ok && (rest == "" || rest[0] == '/')
	}
	return false
}

// ofJudges reports whether a package is one of the other packages that a user's test file imports,
// stress and bench. No body calls them: their goroutines watch the goroutines of a semaphore from
// outside the explorer. If they were rewritten, the steps of their initialization would stand at
// the beginning of every trace of the user. Only a test of such a package itself explores its code.
func ofJudges(path string, packages map[string]*listed) bool {
	const module = "github.com/semabench/semabench/"
	return (path == module+"stress" || path == module+"bench") && packages[path+".test"] == nil
}

// reached returns the packages that the test reaches without going through the engine or the other
// judges of this suite. Other packages serve the engine alone: to edit go.mod files or to draw a
// page, for example. No schedule runs their code, so a rewrite would only cost time: the first build
// of one test took more than twice the CPU.
//
// A package that both import is reached, and the engine then calls the rewritten package. That is
// right: outside of a schedule, rewritten code does what the original does.
func reached(packages map[string]*listed) map[string]bool {
	seen := map[string]bool{}
	var visit func(path string)
	visit = func(path string) {
		p := packages[path]
		if p == nil || p.Standard || seen[path] {
			return
		}
		plain, _, _ := strings.Cut(path, " ")
		if ofEngine(plain) || ofJudges(plain, packages) {
			return
		}
		seen[path] = true
		for _, imported := range p.Imports {
			visit(imported)
		}
	}
	for path := range packages {
		if strings.HasSuffix(path, ".test") {
			visit(path)
		}
	}
	reachStandard(packages, seen)
	return seen
}

// reachStandard adds the packages of the list that the reached packages import, and that these
// import in turn. A package that only the standard library imports stays as it is. A lock in it is
// held by code that never calls the program back.
func reachStandard(packages map[string]*listed, seen map[string]bool) {
	var visit func(path string)
	visit = func(path string) {
		p := packages[path]
		if p == nil || !p.Standard || !isInstrumented(path) || seen[path] {
			return
		}
		seen[path] = true
		for _, imported := range p.Imports {
			visit(imported)
		}
	}
	for path := range packages {
		if p := packages[path]; seen[path] && !p.Standard {
			for _, imported := range p.Imports {
				visit(imported)
			}
		}
	}
}

// wanted reports whether a package is rewritten, if it is reached. Of a package and its variant for
// the test only the variant is: both in one binary would be two packages with two sets of
// variables. The loop over all packages makes the rewrite quadratic in the number of packages,
// which is some hundreds.
func (p *listed) wanted(packages map[string]*listed) bool {
	path, _, variant := strings.Cut(p.ImportPath, " ")
	switch {
	case p.Standard:
		return isInstrumented(path)
	case strings.HasSuffix(path, ".test"):
		return false
	case ofEngine(path), ofJudges(path, packages):
		return false
	case variant:
		return true
	}
	for _, other := range packages { // the variant for the test has all files of the package, and more
		if other.ForTest == path && strings.HasPrefix(other.ImportPath, path+" [") {
			return false
		}
	}
	return true
}
