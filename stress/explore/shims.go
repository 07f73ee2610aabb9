package explore

// The instrumented copies of a package import all of these packages. They are imported here so that
// the go command knows them where the copies are built: in the go.sum, and in the vendor folder, of
// the module whose tests import this package.
import (
	_ "github.com/semabench/semabench/stress/explore/shim/atomic"
	_ "github.com/semabench/semabench/stress/explore/shim/crypto/rand"
	_ "github.com/semabench/semabench/stress/explore/shim/debug"
	_ "github.com/semabench/semabench/stress/explore/shim/io"
	_ "github.com/semabench/semabench/stress/explore/shim/ioutil"
	_ "github.com/semabench/semabench/stress/explore/shim/maphash"
	_ "github.com/semabench/semabench/stress/explore/shim/os"
	_ "github.com/semabench/semabench/stress/explore/shim/quick"
	_ "github.com/semabench/semabench/stress/explore/shim/rand"
	_ "github.com/semabench/semabench/stress/explore/shim/rand/v2"
	_ "github.com/semabench/semabench/stress/explore/shim/reflect"
	_ "github.com/semabench/semabench/stress/explore/shim/runtime"
	_ "github.com/semabench/semabench/stress/explore/shim/signal"
	_ "github.com/semabench/semabench/stress/explore/shim/synctest"
	_ "github.com/semabench/semabench/stress/explore/shim/time"
)
