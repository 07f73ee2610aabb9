package redis

import (
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// source is the script that all operations run: a semaphore changes only inside of it.
//
//go:embed semaphore.lua
var source string

// root is the prefix of all keys and channels. Users with restricted rights need it.
const root = "semabench:"

// keys has the keys of one semaphore. The braces make a Redis Cluster keep them on one node: without
// that, no script could use them together. The name is escaped, so it has no braces of its own.
type keys struct{ base string }

func keysOf(name string) keys { return keys{root + "{" + url.PathEscape(name) + "}:"} }

func (k keys) state() string             { return k.base + "state" }
func (k keys) users() string             { return k.base + "users" }
func (k keys) requests() string          { return k.base + "requests" }
func (k keys) channel(own string) string { return k.base + "to:" + own }
func (k keys) all() []string {
	return []string{k.state(), k.users(), k.requests(), k.base + "queue", k.base + "outside", k.base + "index",
		k.base + "free"}
}

// A call is one run of the script.
type call struct {
	keys keys
	op   string
	own  string // the member that asks
	args []string
}

// calls are all requests that this package makes to Redis. Tests replace them by requests that are
// counted, lose their answers, or are wrong on purpose.
type calls struct {
	run func(ctx context.Context, c call) ([]string, error)

	// listen hands the messages of a channel to message until ctx is done or the connection breaks. It
	// calls confirmed when messages have begun to arrive: those sent before are lost.
	listen func(ctx context.Context, channel string, confirmed func(), message func(string)) error
}

// callsOf returns the requests of a real client that run the given script.
func callsOf(c *goredis.Client, source string) calls {
	script := goredis.NewScript(source)
	return calls{
		run: func(ctx context.Context, q call) ([]string, error) {
			argv := make([]any, 0, 2+len(q.args))
			argv = append(argv, q.op, q.own)
			for _, a := range q.args {
				argv = append(argv, a)
			}
			// Run sends the text of the script only if the server does not know it. The server has
			// then run nothing, so the second request is no repetition.
			return script.Run(ctx, c, q.keys.all(), argv...).StringSlice()
		},
		listen: func(ctx context.Context, channel string, confirmed func(), message func(string)) error {
			return listen(ctx, c, channel, confirmed, message)
		},
	}
}

// silence is the time after which a connection without a message is asked for a sign of life. A
// connection that was cut is given up after twice this time, which is less than half of the TTL
// that suits most uses.
const silence = 2 * time.Second

// listen gives a connection up that has answered no ping for as long as silence. A connection that was
// cut without a word looks like a quiet one: only a ping tells them apart.
func listen(ctx context.Context, c *goredis.Client, channel string, confirmed func(), message func(string)) error {
	s := c.Subscribe(ctx, channel)
	defer s.Close()
	defer context.AfterFunc(ctx, func() { _ = s.Close() })() // Receive heeds no ctx while it reads
	for pinged := false; ; {
		m, err := s.ReceiveTimeout(ctx, silence)
		switch m := m.(type) {
		case *goredis.Subscription:
			confirmed()
		case *goredis.Message:
			message(m.Payload)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			pinged = false
		case !isTimeout(err) || pinged:
			return err
		default:
			pinged = true
			if err := s.Ping(ctx); err != nil {
				return err
			}
		}
	}
}

func isTimeout(err error) bool {
	t, ok := err.(interface{ Timeout() bool })
	return ok && t.Timeout()
}

// An answer is the result of one run of the script.
type answer struct {
	status  string
	changes int64         // that the semaphore has seen so far
	expiry  time.Duration // until the next member expires
	rest    []string
}

// at returns a part of the answer. A script that was replaced may answer with less.
func (a answer) at(i int) string {
	if i < len(a.rest) {
		return a.rest[i]
	}
	return ""
}

func parseAnswer(words []string) (a answer, err error) {
	if len(words) < 3 {
		return a, fmt.Errorf("the script answered %q", words)
	}
	a.status, a.rest = words[0], words[3:]
	milliseconds, err := strconv.ParseInt(words[2], 10, 64)
	if err == nil {
		a.expiry = time.Duration(milliseconds) * time.Millisecond
		a.changes, err = strconv.ParseInt(words[1], 10, 64)
	}
	return a, err
}
