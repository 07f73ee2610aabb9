package mutate

import (
	"go/build"
	"go/importer"
	"go/types"
	"os/exec"
	"strings"
	"sync"
)

// Standard returns an importer of the standard library, for the Importer of a [Source]. It is
// importer.Default, which asks the go command of build.Default.GOROOT for the types of a package. A binary that
// was built with -trimpath has no such folder, so the go command on the path is asked for it, once.
//
// Without a go command the importer finds no package, and says so when it is used.
func Standard() types.Importer {
	findRoot()
	return importer.Default()
}

// findRoot changes a variable of the process. It is empty before, so no other code relies on it.
var findRoot = sync.OnceFunc(func() {
	if build.Default.GOROOT != "" {
		return
	}
	if out, err := exec.Command("go", "env", "GOROOT").Output(); err == nil {
		build.Default.GOROOT = strings.TrimSpace(string(out))
	}
})
