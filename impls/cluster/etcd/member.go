package etcd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/internal/try"
)

// A member is one session in one semaphore.
type member struct {
	e     *Engine
	name  string
	keys  keys
	lease clientv3.LeaseID
	ttl   time.Duration
	own   string // the first part of all IDs of this member
	next  atomic.Int64

	ctx  context.Context // ends with Leave; background work runs under it
	stop context.CancelFunc

	// pending has room for the transactions that may be on the way at once. Without a bound, a few
	// thousand goroutines that start together would overload the server until the transactions take
	// longer than patience; and each request that is given up costs two more.
	pending chan struct{}

	mu sync.Mutex
	// user is the modification revision of the user key. Every transaction that adds a key requires
	// it, so a transaction that changes the user key ends all earlier ones that are still on the way.
	user    int64
	view    *view
	held    map[string]*holding
	changed chan struct{} // closed and replaced when held gets smaller; see wake
	newest  int64         // the greatest revision in any answer
	store   uint64        // ID of the cluster; it differs after most restores
	broken  error         // set once: the session cannot go on
}

// A holding is a grant of this member, or slots that a transaction on the way asks for.
type holding struct {
	slots   []int64
	created int64 // revision of the grant; 0 while the transaction is on the way
	changed int64 // modification revision of the key
	giving  bool  // Give has begun
}

func newMember(e *Engine, name string, lease *clientv3.LeaseGrantResponse) *member {
	m := &member{e: e, name: name, keys: keysOf(name), lease: lease.ID, own: owner(lease.ID),
		ttl: time.Duration(lease.TTL) * time.Second, held: map[string]*holding{},
		changed: make(chan struct{}), pending: make(chan struct{}, maxPending)}
	if h := lease.ResponseHeader; h != nil {
		m.store = h.ClusterId
	}
	m.ctx, m.stop = context.WithCancel(context.Background())
	return m
}

// join writes the user key, and the size key if the name is new. Both happen in one transaction, with
// the look at what is there: two processes that open a new name with different sizes cannot both
// succeed.
func (m *member) join(ctx context.Context, op string, size int64) error {
	from, end := m.keys.state()
	user := clientv3.OpPut(m.keys.user(m.lease), format, clientv3.WithLease(m.lease))
	look := clientv3.OpGet(from, clientv3.WithRange(end))
	first := sizeRecord{made: size, size: size}
	t := tx{purpose: "join",
		when:   []clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(m.keys.size()), "=", 0)},
		then:   []clientv3.Op{user, clientv3.OpPut(m.keys.size(), first.String()), look},
		orElse: []clientv3.Op{user, look}}
	var r *clientv3.TxnResponse
	// Repeating it is harmless: the second run finds the size key that the first has made.
	err := m.persist(ctx, func() (err error) { r, err = m.do(ctx, t); return err })
	if err != nil {
		return m.e.explain(op, m.keys.size(), err)
	}
	v, err := m.readView(r.Header.Revision, rangeAt(r, len(r.Responses)-1).Kvs)
	if err != nil {
		return err
	}
	if v.size != size && v.made != size {
		return &cluster.Error{Op: op, Endpoint: m.endpoint(), Key: m.keys.size(), Err: cluster.ErrSize,
			Detail: fmt.Sprintf("it has size %d, was made with %d, and %d was asked for",
				v.size, v.made, size),
			Next: fmt.Sprintf("open it with size %d, call Resize, or choose another name", v.size)}
	}
	m.view, m.user = v, r.Header.Revision
	return nil
}

func (m *member) endpoint() string { return strings.Join(m.e.endpoints(), ",") }

func (m *member) newID() string { return fmt.Sprintf("%s-%d", m.own, m.next.Add(1)) }

// TTL returns the time that etcd granted: whole seconds, and at least one and a half elections.
func (m *member) TTL() time.Duration { return m.ttl }

// patience is the time after which an unanswered transaction is given up and asked about. It is above
// the time of an election with the default timing of etcd, one second.
const patience = 2 * time.Second

// maxPending transactions of one session are on the way at once. A server that takes 5 ms for a
// transaction under load still does 64 of them in a sixth of patience.
const maxPending = 64

// do runs one transaction. It returns an error that wraps ErrRestored if the answer is older than an
// answer that came before the transaction was sent: transactions are linearizable, so in a store that
// only moves forward this cannot happen.
func (m *member) do(ctx context.Context, t tx) (*clientv3.TxnResponse, error) {
	m.mu.Lock()
	before, broken := m.newest, m.broken
	m.mu.Unlock()
	if broken != nil {
		return nil, broken
	}
	if t.purpose != "verify" { // the heartbeat does not stand in line behind the load
		select {
		case m.pending <- struct{}{}:
			defer func() { <-m.pending }()
		case <-ctx.Done():
			return nil, errNotSent
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := m.e.calls.txn(ctx, t)
	if errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return nil, m.expired()
	}
	if err != nil {
		return nil, err
	}
	return r, m.note(r.Header, before)
}

func (m *member) note(h *etcdserverpb.ResponseHeader, before int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.newest = max(m.newest, h.Revision)
	if m.store == 0 {
		m.store = h.ClusterId
	}
	if h.Revision >= before && h.ClusterId == m.store {
		return nil
	}
	m.broken = &cluster.Error{Op: fmt.Sprintf("session of %q", m.name), Endpoint: m.endpoint(),
		Key: m.keys.base, Err: cluster.ErrRestored,
		Detail: fmt.Sprintf("revision %d of cluster %x after revision %d of cluster %x",
			h.Revision, h.ClusterId, before, m.store),
		Next: "stop all users of the resource, restore with etcdutl snapshot restore --bump-revision, " +
			"then open new sessions"}
	return m.broken
}

// errNotSent is the error of a transaction that was not sent, since its ctx was done before.
var errNotSent = errors.New("the call ended before the request was sent")

// refused reports whether etcd certainly did not run the transaction that returned err. After any
// other error it may have run, or may run later.
//
// With each of these codes etcd refuses a transaction as a whole. The list has the certain codes
// and not the uncertain ones: a code that a later version of etcd adds then costs one look too
// many, and no permit.
func refused(err error) bool {
	var known *cluster.Error
	if errors.As(err, &known) || err == errNotSent {
		return true
	}
	switch codeOf(err) {
	case codes.InvalidArgument, codes.PermissionDenied, codes.Unauthenticated, codes.NotFound,
		codes.FailedPrecondition, codes.OutOfRange:
		return true
	case codes.ResourceExhausted: // the database is full, or too many requests are pending
		return true
	}
	return false
}

func codeOf(err error) codes.Code {
	var e rpctypes.EtcdError
	if errors.As(err, &e) {
		return e.Code()
	}
	return status.Code(err)
}

// persist repeats f, which must do no harm if it runs twice or late.
func (m *member) persist(ctx context.Context, f func() error) error {
	return try.Persist(ctx, refused, f)
}

// later repeats f in the background until it succeeds or the session ends. The lease ends with the
// session, and etcd then deletes everything that f could want to remove.
func (m *member) later(f func(ctx context.Context) error) { try.Later(m.ctx, refused, f) }

// gone forgets a grant of this member that etcd does not have any more.
func (m *member) gone(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h := m.held[id]; h != nil && h.created > 0 {
		m.forget(id)
	}
}

// forget removes a holding and wakes the waiter of this session that is first in line, if there is
// one: slots that a lost transaction had asked for, or a Give whose answer comes after the event of
// the watch, free permits without an event that follows. The caller has m.mu.
func (m *member) forget(id string) {
	delete(m.held, id)
	m.wake()
}

// wake tells the waiter of this session that is first in line to look again. The caller has m.mu.
//
// It closes a channel and does not send: there may be no such waiter, and a send would be lost or
// would block. The waiter reads m.changed under the mutex, in the same hold in which it looks for
// free slots. So a slot that becomes free after that look closes the very channel for which the
// waiter waits.
func (m *member) wake() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// install makes v the view of the session if it is newer. Answers of several goroutines may come
// out of order, and an older view would only cost a transaction that fails. The caller has m.mu.
func (m *member) install(v *view) {
	if v.revision > m.view.revision {
		m.view = v
	}
}

func (m *member) badFormat(key []byte, err error) error {
	return &cluster.Error{Op: fmt.Sprintf("read %q", m.name), Endpoint: m.endpoint(), Key: string(key),
		Err: cluster.ErrFormat, Detail: err.Error(),
		Next: "use one version of this package for the name, or another name; if a person wrote the " +
			"key, delete it while no session is open"}
}

func (m *member) lostSize() error {
	return m.lost(m.keys.size(), "another session can make it again by Open, after all sessions ended")
}

func (m *member) lost(key, next string) error {
	return &cluster.Error{Op: fmt.Sprintf("session of %q", m.name), Endpoint: m.endpoint(), Key: key,
		Err: cluster.ErrLost, Detail: "a person deleted the key, or etcd lost it", Next: next}
}

func (m *member) expired() error {
	return &cluster.Error{Op: fmt.Sprintf("session of %q", m.name), Endpoint: m.endpoint(),
		Key: m.keys.user(m.lease), Err: cluster.ErrExpired, Detail: "etcd has ended its lease",
		Next: "open a new session; if this repeats, use a longer TTL"}
}

func rangeAt(r *clientv3.TxnResponse, i int) *etcdserverpb.RangeResponse {
	return r.Responses[i].GetResponseRange()
}

// inner returns the answer of a transaction within a transaction.
func inner(r *clientv3.TxnResponse) *clientv3.TxnResponse {
	return (*clientv3.TxnResponse)(r.Responses[0].GetResponseTxn())
}
