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

// packages lists the packages whose tests are explored.
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

// known has the reasons for failures whose traces were read and understood, by package and test, or by
// package if all of its failures have one reason.
var known = map[string]string{
	"github.com/benbjohnson/clock TestMock_AfterRace": "A bug: Mock.Add and Mock.After take the same timer, " +
		"and the call that ticks it last sends to a full channel with the lock held.",
	"github.com/alitto/pond/v2 TestPoolWithQueueSizeZero": "The test is flaky: a worker counts a task after " +
		"Wait has returned for it.",
	"github.com/alitto/pond/v2 TestTaskGroupWaitShouldNotDeadlockWhenPoolContextCanceledWithQueuedTasks": "The test " +
		"is flaky: the worker is about to end when Wait has returned.",
	"github.com/alitto/pond/v2 TestResultPoolSubmitContextCanceled": "The test is flaky: the second task may " +
		"cancel the pool before the third is submitted, and then it is not counted.",
	"go.uber.org/ratelimit TestInitial": "The bug of benbjohnson/clock, which the test uses: two calls tick " +
		"one timer.",
	"go.uber.org/ratelimit TestMaxSlack": "The bug of benbjohnson/clock, as in TestInitial.",
	"go.uber.org/ratelimit TestPer": "The test is flaky: it counts what goroutines do that run on when the mock " +
		"clock has moved.",
	"go.uber.org/ratelimit TestSlack": "The test is flaky, as TestPer is.",
	"github.com/panjf2000/ants/v2 TestNonblockingSubmit": "The test is flaky: the worker is not back in the pool when " +
		"its task has closed the channel.",
	"github.com/valyala/fasthttp/fasthttputil TestPipeConnsCollectedWithPendingDeadline": "The explorer's limit: " +
		"finalizers do not run.",
	"github.com/DATA-DOG/go-sqlmock": "A defect of the explorer: the init function makes a driver and registers " +
		"it. In the second play it makes another one, which database/sql does not know.",
	"github.com/jellydator/ttlcache/v3 Test_Cache_Get": "The explorer's limit: the test counts allocations, and the " +
		"engine allocates, too.",
	"github.com/jellydator/ttlcache/v3 Test_Cache_Stop": "A defect of the explorer: the length of a channel by way " +
		"of reflect is 0.",
}
