package rewrite

import (
	"strings"
	"testing"
)

// A function that is linked to the runtime gets a body. Package schedrt is imported for the bodies that
// name it, and for no others: an import that is not used does not compile.
func TestLinkedFunctions(t *testing.T) {
	for text, want := range map[string]string{
		"//go:noescape\n//go:linkname pin runtime.procPin\nfunc pin() int": "func pin() int { return int(0) }",
		"//go:linkname unpin runtime.procUnpin\nfunc unpin()":              "func unpin() {}",
		"//go:linkname n runtime.nanotime\nfunc n() int64":                 "func n() int64 { return int64(explore__.Nanotime()) }",
		"//go:linkname other runtime.memmove\nfunc other()":                "", // the file stays as it is
	} {
		got := rewritten(t, "package m\n\n"+text+"\n")
		if !strings.Contains(got, want) || strings.Contains(got, "import ") != strings.Contains(want, "explore__") {
			t.Errorf("%s\nbecame\n%s\nwant %q, and an import for it only", text, got, want)
		}
	}
}
