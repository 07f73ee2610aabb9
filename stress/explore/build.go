package explore

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"

	"github.com/semabench/semabench/stress/explore/internal/rewrite"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// builtTest builds the instrumented test binary of this package, once for all explorations of this
// process. The binary stays in use until the process ends, so it is never closed. The build has no
// context: it belongs to no single test.
var builtTest = sync.OnceValues(func() (*rewrite.Binary, error) {
	return rewrite.Build(context.Background(), rewrite.Options{
		Dir: ".", Cache: cacheDir(), Race: schedrt.RaceEnabled, Tags: buildTags(),
	})
})

// cacheDir returns the folder in which instrumented copies and binaries are kept.
func cacheDir() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "semabench-explore")
}

// buildTags returns the build tags that chose the files of this binary, separated by commas. The
// instrumented build needs the same ones.
func buildTags() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			return s.Value
		}
	}
	return ""
}
