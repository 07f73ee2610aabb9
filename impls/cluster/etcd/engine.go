package etcd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/semabench/semabench/impls/cluster"
)

// MaxSize is the largest size of a semaphore. Each permit is a slot with a number of its own, and
// the slots of a grant are listed in the value of its key. The longest such list has every second
// slot, and takes about 200 KB; etcd accepts requests of up to 1.5 MB by default. A resource with
// more units than MaxSize is better counted in larger units.
const MaxSize = 1 << 16

// An Engine keeps semaphores in etcd. It is safe for concurrent use.
type Engine struct {
	calls     calls
	endpoints func() []string
	tls       *tls.Config
	close     func() error
}

// New returns an engine on a client of the caller. The client stays the caller's: close it after the
// sessions. Give it DialKeepAliveTime and DialKeepAliveTimeout, as Dial does. Without them a waiter
// whose connection was cut without a word never learns of it.
func New(c *clientv3.Client) *Engine {
	return &Engine{calls: callsOf(c), endpoints: c.Endpoints, close: func() error { return nil }}
}

// Dial connects to the given endpoints, with TLS and a user if the configuration has them. Fields
// that are zero get values that suit semaphores: a connection without a sign of life is given up
// after 4 s. The caller must Close the engine after its sessions.
//
// The 4 s are less than half of the TTL that suits most uses, 10 s. So a client whose server has
// vanished reaches another server before its session ends.
func Dial(config clientv3.Config) (*Engine, error) {
	if config.DialTimeout == 0 {
		config.DialTimeout = 5 * time.Second
	}
	if config.DialKeepAliveTime == 0 {
		config.DialKeepAliveTime = 2 * time.Second
	}
	if config.DialKeepAliveTimeout == 0 {
		config.DialKeepAliveTimeout = 2 * time.Second
	}
	if config.Logger == nil {
		config.Logger = zap.NewNop() // errors are returned; a library does not write to standard error
	}
	c, err := clientv3.New(config)
	if err != nil {
		e := &Engine{tls: config.TLS, endpoints: func() []string { return config.Endpoints }}
		return nil, e.explain("dial", "", err)
	}
	e := New(c)
	e.tls, e.close = config.TLS, c.Close
	return e, nil
}

// Close ends the connections that Dial made. It does nothing after New.
func (e *Engine) Close() error { return e.close() }

// explain turns an error of etcd or of the connection into an error that names the next step.
//
// It compares texts, because the code of an error is too coarse: etcd answers a wrong password, a
// user without a name, and a transaction with too many operations with the same code,
// InvalidArgument.
func (e *Engine) explain(op, key string, err error) error {
	var known *cluster.Error
	if errors.As(err, &known) {
		return err // it names its next step, and the step below knows more about the cause
	}
	out := &cluster.Error{Op: op, Endpoint: strings.Join(e.endpoints(), ","), Key: key, Err: err}
	text := err.Error()
	switch {
	case strings.Contains(text, "authentication failed"), strings.Contains(text, "invalid auth token"),
		strings.Contains(text, "user name is empty"):
		out.Next = "check Username and Password of the configuration"
	case strings.Contains(text, "permission denied"):
		out.Next = "grant the user readwrite on the prefix " + root
	case strings.Contains(text, "database space exceeded"):
		out.Next = "compact and defragment etcd, then etcdctl alarm disarm"
	case strings.Contains(text, "too many operations"):
		out.Next = "raise --max-txn-ops of the servers"
	default:
		// No answer of a server has one of these texts, so the connection itself may be the
		// trouble.
		out.Detail = e.probe()
		out.Next = "check that the endpoints are etcd servers that have a quorum"
		if strings.Contains(out.Detail, "certificate") {
			out.Next = "renew or correct the certificate; its authority must be in TLS.RootCAs"
		}
	}
	return out
}

// probe connects to each endpoint once. gRPC hides why a connection failed behind "context deadline
// exceeded", and a person needs the reason.
//
// It has a timeout of its own, a second for each endpoint: the ctx of the call that failed is often
// done.
func (e *Engine) probe() string {
	var found []string
	for _, endpoint := range e.endpoints() {
		network, address, secure := "tcp", endpoint, e.tls != nil
		if u, err := url.Parse(endpoint); err == nil && u.Scheme != "" && u.Host+u.Path != "" {
			address = u.Host
			secure = u.Scheme == "https" || u.Scheme == "unixs"
			if strings.HasPrefix(u.Scheme, "unix") {
				network, address = "unix", u.Host+u.Path
			}
		}
		d := &net.Dialer{Timeout: time.Second}
		var c net.Conn
		var err error
		if secure {
			c, err = tls.DialWithDialer(d, network, address, e.tls)
		} else {
			c, err = d.Dial(network, address)
		}
		if err != nil {
			found = append(found, fmt.Sprintf("%s: %v", endpoint, err))
			continue
		}
		_ = c.Close()
		found = append(found, endpoint+": accepts connections")
	}
	return strings.Join(found, "; ")
}

// Join makes the caller a member of the semaphore; it is called by cluster.Open. An unanswered Join
// ends after ten seconds even if ctx does not.
func (e *Engine) Join(ctx context.Context, name string, size int64, ttl time.Duration) (
	cluster.Member, error) {
	op := fmt.Sprintf("open %q", name)
	if size > MaxSize {
		return nil, &cluster.Error{Op: op, Err: cluster.ErrWeight, Detail: fmt.Sprintf("size %d", size),
			Next: fmt.Sprintf("use a size of at most %d", MaxSize)}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	// etcd counts leases in whole seconds. Rounded down, a lease could end before the TTL of the
	// caller.
	seconds := int64((ttl + time.Second - 1) / time.Second)
	lease, err := e.calls.grant(ctx, seconds)
	if err != nil {
		return nil, e.explain(op, "", err)
	}
	m := newMember(e, name, lease)
	if err := m.join(ctx, op, size); err != nil {
		go m.leaveSoon() // the lease must not stay for a TTL
		return nil, err
	}
	return m, nil
}
