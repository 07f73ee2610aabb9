package main

import (
	_ "github.com/alitto/pond/v2"
	_ "github.com/benbjohnson/clock"
	_ "github.com/cenkalti/backoff/v5"
	_ "github.com/eapache/go-resiliency/batcher"
	_ "github.com/gammazero/workerpool"
	_ "github.com/hashicorp/golang-lru/v2/expirable"
	_ "github.com/jackc/puddle/v2"
	_ "github.com/orcaman/concurrent-map/v2"
	_ "github.com/panjf2000/ants/v2"
	_ "github.com/patrickmn/go-cache"
	_ "github.com/puzpuzpuz/xsync/v4"
	_ "github.com/sourcegraph/conc"
	_ "go.uber.org/atomic"
	_ "go.uber.org/ratelimit"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/sync/semaphore"
	_ "golang.org/x/sync/singleflight"
	_ "golang.org/x/sync/syncmap"
)
