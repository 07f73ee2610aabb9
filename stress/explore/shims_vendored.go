//go:build semabench_vendored

package explore

// go mod vendor goes by the imports under all build tags. No build has the tag above: packages expvar
// and net are large, and would make each first build slower.
import (
	_ "github.com/semabench/semabench/stress/explore/shim/expvar"
	_ "github.com/semabench/semabench/stress/explore/shim/net"
)
