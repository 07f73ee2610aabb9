package rewrite

import (
	"maps"
	"slices"
	"testing"
)

// A package that only the engine imports is left as it is. A package that the user's code imports
// is rewritten, even if the engine imports it too.
func TestPackagesOfTheEngineAloneAreNotReached(t *testing.T) {
	const user = "example.org/user"
	imports := map[string][]string{
		user + ".test":                       {user + " [example.org/user.test]", "testing"},
		user + " [example.org/user.test]":    {engine, "example.org/lib", "sync"},
		"example.org/lib":                    {"example.org/shared"},
		engine:                               {engine + "/internal/rewrite", "example.org/shared"},
		engine + "/internal/rewrite":         {"golang.org/x/mod/modfile"},
		"golang.org/x/mod/modfile":           {"golang.org/x/mod/semver"},
		"golang.org/x/mod/semver":            nil,
		"example.org/shared":                 {"strings"},
		engine + "/testdata/suite":           {"example.org/onlybelow"},
		"example.org/onlybelow":              nil,
		"example.org/userfriend":             {engine + "/testdata/suite"},
		"example.org/other.test":             {"example.org/userfriend"},
		"testing":                            nil,
		"sync":                               nil,
		"strings":                            nil,
		"example.org/notpartofanytestbinary": nil,
	}
	packages := map[string]*listed{}
	for path, of := range imports {
		standard := path == "testing" || path == "sync" || path == "strings"
		packages[path] = &listed{ImportPath: path, Imports: of, Standard: standard}
	}
	got := slices.Sorted(maps.Keys(reached(packages)))
	want := []string{
		"example.org/lib", "example.org/onlybelow", "example.org/other.test", "example.org/shared",
		user + " [example.org/user.test]", user + ".test", "example.org/userfriend",
		engine + "/testdata/suite",
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("reached = %q, want %q", got, want)
	}
}

// A test file that also has stress.Run must not fill its traces with the initialization of package
// stress. A test of package stress explores that package.
func TestPackagesOfTheJudgesAreReachedByTheirOwnTestsAlone(t *testing.T) {
	const (
		user   = "example.org/user"
		stress = "github.com/semabench/semabench/stress"
	)
	packages := map[string]*listed{}
	add := func(path string, imports ...string) {
		packages[path] = &listed{ImportPath: path, Imports: imports}
	}
	add(user+".test", user+" ["+user+".test]")
	add(user+" ["+user+".test]", engine, stress, stress+"ed")
	add(stress, "example.org/histories")
	add(stress + "ed") // a name that only begins alike
	add("example.org/histories")
	seen := reached(packages)
	if seen[stress] || seen["example.org/histories"] || packages[stress].wanted(packages) || !seen[stress+"ed"] {
		t.Errorf("a test of a user reaches %q", slices.Sorted(maps.Keys(seen)))
	}

	add(stress+".test", stress+" ["+stress+".test]")
	packages[stress+" ["+stress+".test]"] = &listed{
		ImportPath: stress + " [" + stress + ".test]", ForTest: stress, Imports: []string{"example.org/histories"},
	}
	seen = reached(packages)
	if !seen["example.org/histories"] || !packages[stress+" ["+stress+".test]"].wanted(packages) {
		t.Errorf("the test of package stress reaches %q", slices.Sorted(maps.Keys(seen)))
	}
}
