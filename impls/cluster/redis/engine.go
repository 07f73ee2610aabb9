package redis

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/semabench/semabench/impls/cluster"
)

// MaxSize is the largest size of a semaphore. Each permit is a slot with a number of its own. The
// script goes through the slots of a grant one by one, and the server does nothing else meanwhile,
// so the size bounds how long one run can keep the server busy. The script has the same number.
const MaxSize = 1 << 16

// An Engine keeps semaphores in Redis. It is safe for concurrent use.
type Engine struct {
	calls    calls
	endpoint string
	tls      *tls.Config
	client   *goredis.Client
	server   *Server // kept alive if Server.Engine made this engine
}

// Dial returns an engine on the server at o.Addr, with TLS and a user if the options have them. It
// connects when it is needed first. The caller must Close the engine after its sessions.
//
// Dial sets some options itself. The client must not repeat a command: a copy that arrives late would
// take permits that have no holder, and only the engine can tell its repetitions apart.
func Dial(o goredis.Options) (*Engine, error) {
	if o.Network == "" && strings.HasPrefix(o.Addr, "/") {
		o.Network = "unix"
	}
	if o.Network != "unix" {
		if _, _, err := net.SplitHostPort(o.Addr); err != nil {
			return nil, &cluster.Error{Op: "dial", Endpoint: o.Addr, Err: err,
				Next: "give one address, as in localhost:6379, or the path of a socket"}
		}
	}
	o.MaxRetries = -1
	o.ContextTimeoutEnabled = true // or the client reads on when patience is over
	o.DialerRetries = 1            // try.Persist repeats, and knows when to stop
	// Two questions less for each new connection; nothing here reads their answers.
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	if o.PoolSize == 0 {
		o.PoolSize = 2 * maxPending
	}
	if o.DialTimeout == 0 {
		o.DialTimeout = patience
	}
	c := goredis.NewClient(&o)
	return &Engine{calls: callsOf(c, source), endpoint: o.Addr, tls: o.TLSConfig, client: c}, nil
}

// Close ends the connections.
func (e *Engine) Close() error { return e.client.Close() }

// Join makes the caller a member of the semaphore; it is called by cluster.Open. An unanswered Join ends
// after ten seconds even if ctx does not.
func (e *Engine) Join(ctx context.Context, name string, size int64, ttl time.Duration) (cluster.Member, error) {
	op := fmt.Sprintf("open %q", name)
	if size > MaxSize {
		return nil, &cluster.Error{Op: op, Err: cluster.ErrWeight, Detail: fmt.Sprintf("size %d", size),
			Next: fmt.Sprintf("use a size of at most %d", MaxSize)}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	m := newMember(e, name, newOwner(), ttl)
	a, err := m.persist(ctx, "join", fmt.Sprint(ttl.Milliseconds()), fmt.Sprint(size))
	switch {
	case err != nil:
		go m.leaveSoon() // the join may have run, and must not stay for a TTL
		return nil, e.explain(op, m.keys.state(), err)
	case a.status == "SIZE":
		return nil, &cluster.Error{Op: op, Endpoint: e.endpoint, Key: m.keys.state(), Err: cluster.ErrSize,
			Detail: fmt.Sprintf("it has size %s, was made with %s, and %d was asked for", a.at(0), a.at(1), size),
			Next:   fmt.Sprintf("open it with size %s, call Resize, or choose another name", a.at(0))}
	}
	return m, nil
}

// newOwner returns the name of a member: 64 random bits, as the server hands out no numbers that would
// survive a failover.
func newOwner() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// remedies has the next step for the errors of a server, by a word of their text. Redis has no
// numbers for errors. The word is often the first one, but an error inside a script has other text
// before it.
var remedies = []struct{ word, next string }{
	{"WRONGPASS", "check Username and Password of the options"},
	{"invalid password", "check Username and Password of the options"},
	{"NOAUTH", "set Username and Password of the options"},
	{"unauthenticated", "set Username and Password of the options"}, // for a script: it is long
	{"NOPERM", "grant the user ~" + root + "* &" + root + "* and the commands of the script"},
	{"No permissions", "grant the user ~" + root + "* &" + root + "* and the commands of the script"},
	{"READONLY", "give the address of the primary: this server is a replica"},
	{"MISCONF", "free the disk of the server: it cannot save, and refuses writes until it can"},
	{"OOM", "raise maxmemory of the server, or move other data away"},
	{"MOVED", "give the address of the node that has the key: Dial does not follow a Redis Cluster"},
	{"x509", "renew or correct the certificate; its authority must be in TLSConfig.RootCAs"},
	{"WRONGTYPE", "delete the key: another program uses the prefix " + root},
}

// explain turns an error of Redis or of the connection into an error that names the next step.
func (e *Engine) explain(op, key string, err error) error {
	var known *cluster.Error
	if errors.As(err, &known) {
		return err
	}
	out := &cluster.Error{Op: op, Endpoint: e.endpoint, Key: key, Err: err,
		Next: "check that the address is a Redis server of version 5 or later, and that it is reachable"}
	for _, r := range remedies {
		if strings.Contains(err.Error(), r.word) {
			out.Next = r.next
			break
		}
	}
	return out
}
