package main

// The imports keep the modules of the packages, and the modules that their tests need, in go.mod.
import (
	_ "github.com/alitto/pond/v2"
	_ "github.com/benbjohnson/clock"
	_ "github.com/cenkalti/backoff/v5"
	_ "github.com/eapache/go-resiliency/batcher"
	_ "github.com/eapache/go-resiliency/breaker"
	_ "github.com/eapache/go-resiliency/deadline"
	_ "github.com/eapache/go-resiliency/retrier"
	_ "github.com/eapache/go-resiliency/semaphore"
	_ "github.com/gammazero/workerpool"
	_ "github.com/hashicorp/golang-lru/v2"
	_ "github.com/hashicorp/golang-lru/v2/expirable"
	_ "github.com/jackc/puddle/v2"
	_ "github.com/orcaman/concurrent-map/v2"
	_ "github.com/panjf2000/ants/v2"
	_ "github.com/patrickmn/go-cache"
	_ "github.com/puzpuzpuz/xsync/v4"
	_ "github.com/sourcegraph/conc"
	_ "github.com/sourcegraph/conc/iter"
	_ "github.com/sourcegraph/conc/panics"
	_ "github.com/sourcegraph/conc/pool"
	_ "github.com/sourcegraph/conc/stream"
	_ "go.uber.org/atomic"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/sync/semaphore"
	_ "golang.org/x/sync/singleflight"
	_ "golang.org/x/sync/syncmap"
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
}

// known has the reasons for failures whose traces were read and understood, by package and test.
var known = map[string]string{
	"github.com/benbjohnson/clock TestMock_AfterRace": "A bug: Mock.Add and Mock.After take the same timer, " +
		"and the call that ticks it last sends to a full channel with the lock held.",
	"github.com/alitto/pond/v2 TestPoolWithQueueSizeZero": "The test is flaky: a worker counts a task after " +
		"Wait has returned for it.",
	"github.com/alitto/pond/v2 TestTaskGroupWaitShouldNotDeadlockWhenPoolContextCanceledWithQueuedTasks": "The test " +
		"is flaky: the worker is about to end when Wait has returned.",
	"github.com/alitto/pond/v2 TestResultPoolSubmitContextCanceled": "The test is flaky: the second task may " +
		"cancel the pool before the third is submitted, and then it is not counted.",
}
