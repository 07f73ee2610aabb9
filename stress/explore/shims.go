package explore

// The copies of an instrumented package import all of these. The imports are here so that they are where
// the copies are built: in the go.sum and in the vendor folder of whoever imports this package.
import (
	_ "github.com/semabench/semabench/stress/explore/shim/atomic"
	_ "github.com/semabench/semabench/stress/explore/shim/maphash"
	_ "github.com/semabench/semabench/stress/explore/shim/quick"
	_ "github.com/semabench/semabench/stress/explore/shim/rand"
	_ "github.com/semabench/semabench/stress/explore/shim/rand/v2"
	_ "github.com/semabench/semabench/stress/explore/shim/runtime"
	_ "github.com/semabench/semabench/stress/explore/shim/time"
)
