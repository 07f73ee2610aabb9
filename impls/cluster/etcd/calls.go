package etcd

import (
	"context"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// A tx is one transaction of etcd. Its purpose is for counts and messages.
//
// It is a value and no call of the client: a test can look at the transaction, send it twice, or
// send it later.
type tx struct {
	purpose string
	when    []clientv3.Cmp
	then    []clientv3.Op
	orElse  []clientv3.Op
}

// calls are all requests that this package makes to etcd. Tests replace them by requests that are
// counted, lose their answers, or are wrong on purpose.
type calls struct {
	txn   func(ctx context.Context, t tx) (*clientv3.TxnResponse, error)
	watch func(ctx context.Context, from, end string, revision int64) clientv3.WatchChan

	grant  func(ctx context.Context, seconds int64) (*clientv3.LeaseGrantResponse, error)
	renew  func(ctx context.Context, id clientv3.LeaseID) error
	revoke func(ctx context.Context, id clientv3.LeaseID) error
}

// callsOf returns the requests of a real client.
func callsOf(c *clientv3.Client) calls {
	return calls{
		txn: func(ctx context.Context, t tx) (*clientv3.TxnResponse, error) {
			return c.Txn(ctx).If(t.when...).Then(t.then...).Else(t.orElse...).Commit()
		},
		watch: func(ctx context.Context, from, end string, revision int64) clientv3.WatchChan {
			opts := []clientv3.OpOption{clientv3.WithRev(revision)}
			if end != "" {
				opts = append(opts, clientv3.WithRange(end))
			}
			// A server that has lost its leader would keep the watch open and send nothing. With this
			// it cancels the watch, and the waiter reads again from a server that has a leader.
			return c.Watch(clientv3.WithRequireLeader(ctx), from, opts...)
		},
		grant: c.Grant,
		// Once, and not KeepAlive, which renews in the background: the session counts its TTL from
		// the moment before a renewal was sent, so it has to send each renewal itself.
		renew: func(ctx context.Context, id clientv3.LeaseID) error {
			r, err := c.KeepAliveOnce(ctx, id)
			if err == nil && r.TTL <= 0 {
				return rpctypes.ErrLeaseNotFound
			}
			return err
		},
		revoke: func(ctx context.Context, id clientv3.LeaseID) error {
			_, err := c.Revoke(ctx, id)
			return err
		},
	}
}
