package main

// The imports keep the modules of the packages, and the modules that their tests need, in go.mod.
import (
	_ "github.com/DATA-DOG/go-sqlmock"
	_ "github.com/ThreeDotsLabs/watermill/pubsub/gochannel"
	_ "github.com/alitto/pond/v2"
	_ "github.com/asaskevich/EventBus"
	_ "github.com/benbjohnson/clock"
	_ "github.com/cenkalti/backoff/v5"
	_ "github.com/eapache/go-resiliency/batcher"
	_ "github.com/eapache/go-resiliency/breaker"
	_ "github.com/eapache/go-resiliency/deadline"
	_ "github.com/eapache/go-resiliency/retrier"
	_ "github.com/eapache/go-resiliency/semaphore"
	_ "github.com/gammazero/workerpool"
	_ "github.com/go-chi/httprate"
	_ "github.com/hashicorp/golang-lru/v2"
	_ "github.com/hashicorp/golang-lru/v2/expirable"
	_ "github.com/jackc/puddle/v2"
	_ "github.com/jarcoal/httpmock"
	_ "github.com/jellydator/ttlcache/v3"
	_ "github.com/jonboulle/clockwork"
	_ "github.com/oklog/run"
	_ "github.com/orcaman/concurrent-map/v2"
	_ "github.com/panjf2000/ants/v2"
	_ "github.com/patrickmn/go-cache"
	_ "github.com/puzpuzpuz/xsync/v4"
	_ "github.com/smallnest/ringbuffer"
	_ "github.com/sony/gobreaker/v2"
	_ "github.com/sourcegraph/conc"
	_ "github.com/sourcegraph/conc/iter"
	_ "github.com/sourcegraph/conc/panics"
	_ "github.com/sourcegraph/conc/pool"
	_ "github.com/sourcegraph/conc/stream"
	_ "github.com/valyala/fasthttp/fasthttputil"
	_ "go.uber.org/atomic"
	_ "go.uber.org/ratelimit"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/sync/semaphore"
	_ "golang.org/x/sync/singleflight"
	_ "golang.org/x/sync/syncmap"
	_ "golang.org/x/time/rate"
	_ "google.golang.org/grpc/test/bufconn"
)

// packages lists the packages whose tests are explored, in the order of the table. A program cannot
// list its own imports, so each package stands in both lists.
var packages = []string{
	"golang.org/x/sync/semaphore",
	"golang.org/x/sync/errgroup",
	"golang.org/x/sync/singleflight",
	"golang.org/x/sync/syncmap",
	"github.com/sourcegraph/conc",
	"github.com/sourcegraph/conc/iter",
	"github.com/sourcegraph/conc/panics",
	"github.com/sourcegraph/conc/pool",
	"github.com/sourcegraph/conc/stream",
	"github.com/alitto/pond/v2",
	"github.com/jackc/puddle/v2",
	"github.com/patrickmn/go-cache",
	"github.com/orcaman/concurrent-map/v2",
	"github.com/hashicorp/golang-lru/v2",
	"github.com/hashicorp/golang-lru/v2/expirable",
	"github.com/eapache/go-resiliency/batcher",
	"github.com/eapache/go-resiliency/breaker",
	"github.com/eapache/go-resiliency/deadline",
	"github.com/eapache/go-resiliency/retrier",
	"github.com/eapache/go-resiliency/semaphore",
	"github.com/cenkalti/backoff/v5",
	"github.com/benbjohnson/clock",
	"go.uber.org/atomic",
	"github.com/gammazero/workerpool",
	"github.com/puzpuzpuz/xsync/v4",
	"github.com/panjf2000/ants/v2",
	"golang.org/x/time/rate",
	"go.uber.org/ratelimit",
	"github.com/sony/gobreaker/v2",
	"github.com/asaskevich/EventBus",
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel",
	"github.com/jellydator/ttlcache/v3",
	"github.com/jonboulle/clockwork",
	"github.com/go-chi/httprate",
	"github.com/valyala/fasthttp/fasthttputil",
	"google.golang.org/grpc/test/bufconn",
	"github.com/jarcoal/httpmock",
	"github.com/smallnest/ringbuffer",
	"github.com/oklog/run",
	"github.com/DATA-DOG/go-sqlmock",
}

// known has the reasons for failures whose traces were read and understood, by package and test.
// docs/findings.md has the order of steps, and a repair for each.
//
// A failure that is not in this table makes the command fail. So an error of the explorer cannot
// pass as one more bug of another project, and a new bug cannot pass as a known one. A reason that
// starts with “A bug” is a defect of the package; “The test is flaky” is a defect of the test, and
// go test can fail as well. The reasons hold for the versions in go.mod, and so do the line
// numbers.
var known = map[string]string{
	"github.com/benbjohnson/clock TestMock_AfterRace": "A bug, docs/findings.md 1: Mock.Add and Mock.After choose the " +
		"same timer, as clock.go:179 ticks it after the unlock; the second tick sends to a full channel in " +
		"clock.go:353 with the lock held.",
	"github.com/alitto/pond/v2 TestPoolWithQueueSizeZero": "A bug, docs/findings.md 5: the worker counts a task in " +
		"pool.go:267, after Wait has returned for it.",
	"github.com/alitto/pond/v2 TestTaskGroupWaitShouldNotDeadlockWhenPoolContextCanceledWithQueuedTasks": "A bug, " +
		"docs/findings.md 5: the cancelled task is counted after Wait has returned.",
	"github.com/alitto/pond/v2 TestResultPoolSubmitContextCanceled": "The test is flaky: the second task may " +
		"cancel the pool before the third is submitted, and then it is not counted.",
	"go.uber.org/ratelimit TestInitial": "The bug of benbjohnson/clock, docs/findings.md 1, which the test uses: two " +
		"calls tick one timer.",
	"go.uber.org/ratelimit TestMaxSlack": "The bug of benbjohnson/clock, docs/findings.md 1, as in TestInitial.",
	"go.uber.org/ratelimit TestPer": "The test is flaky: a goroutine counts in ratelimit_test.go:107 after Take has " +
		"returned, and the assertion at the same moment of the mock clock may come before.",
	"go.uber.org/ratelimit TestSlack":              "The test is flaky, as TestPer is.",
	"go.uber.org/ratelimit TestRateLimiter":        "The test is flaky, as TestPer is.",
	"go.uber.org/ratelimit TestDelayedRateLimiter": "The test is flaky, as TestPer is.",
	"github.com/panjf2000/ants/v2 TestPoolTuneScaleUp": "A bug, docs/findings.md 2: Tune calls Broadcast in ants.go:374 " +
		"without the lock. Submit has found the pool full, and has not called Wait in ants.go:539 yet, so it is not woken.",
	"github.com/panjf2000/ants/v2 TestNonblockingSubmit": "The test is flaky: the task closes the channel, and its " +
		"worker is in the pool again only after worker.go:73.",
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel TestSubscribe_race_condition_when_closing": "The test is " +
		"flaky: Close, in another goroutine, may come first, and Subscribe then rightly returns \"Pub/Sub closed\".",
	"github.com/oklog/run ExampleGroup_Add_basic": "The example is flaky: after close(cancel) in example_test.go:29 the first " +
		"actor may print its line before the second one is interrupted.",
	"github.com/DATA-DOG/go-sqlmock TestDuplicateNewDSN": "The test needs what TestNewDSN has made: " +
		"go test -run '^TestDuplicateNewDSN$' fails in driver_test.go:130, too.",
}
