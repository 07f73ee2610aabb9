// Package cluster is a counting semaphore for processes on several machines, kept by an engine that
// the machines share. Package etcd has an engine, and package redis has one that promises less.
//
//	engine, err := etcd.Dial(clientv3.Config{Endpoints: []string{"https://a:2379", "https://b:2379"}})
//	…
//	s, err := cluster.Open(ctx, engine, "transcoders", 10, cluster.Options{TTL: 10 * time.Second})
//	…
//	defer s.Close(ctx)
//	lease, err := s.Acquire(ctx, 2)
//	if err != nil {
//		return err // nothing is held
//	}
//	defer lease.Release(ctx)
//	transcode(lease.Fences()) // the storage has a cluster.Guard
//
// # What is promised
//
// Permits. At most size permits are held at any revision of the engine, by holders whose sessions the
// engine counts as alive. Each permit is a slot with a number, and its holder has a [Fence].
//
// Order. Requests are served first come, first served, over all machines: in the order in which the
// engine recorded them. A request of n permits waits until n are free, and nothing behind it is
// granted meanwhile, so a large request does not starve. A request for more than the size stays out of
// the queue.
//
// Waiters. A waiting request is a key with the lease of its session. If its process dies, the request
// leaves the queue within the TTL, and the requests behind it move up. If its ctx ends, the request
// leaves the queue before Acquire returns, or in the background if the engine does not answer.
//
// Errors. No call hangs for longer than its ctx, and Acquire for no longer than its session, which ends
// by itself after a TTL without an answer. Every [Error] names the endpoint, the key and what to do.
//
// # When a session expires
//
// A session that cannot be renewed ends by the clock of its own process: Done is closed, Err says why,
// and all leases end. The engine frees the permits later, by its own clock; see [Margin]. Until then
// they have no user. So with clocks that run at nearly the same rate, and a holder that stops when
// Done is closed, two holders never use a permit at once.
//
// A holder that was stopped (SIGSTOP, a pause of the virtual machine, swapping) does not notice that its
// time is over. Err reads the clock, so a look at it after the pause is right. But the pause may come
// between the look and the use, and a request to the resource may be delayed on its way. Only the
// resource can refuse such a request: give it a [Guard], and pass the fences with each request. With the
// Guard the promise needs no clock at all.
//
// The monotonic clock of Linux stands still while a machine is suspended. A suspended holder then
// believes in its lease until the first renewal after it wakes fails, and only the Guard helps.
//
// # When the engine was restored from a backup
//
// Its revisions go backwards, and grants of the last minutes are gone. Sessions that were open notice
// it by the revision, the ID of the cluster, or the missing keys, within a third of the TTL at the latest. They
// end with ErrRestored or ErrLost. A Guard refuses the new fences while their revisions are smaller, and an
// equal revision of another grant. Nothing
// is granted twice at a guarded resource, but it is of no use until the revisions have passed the old
// ones: restore with etcdutl snapshot restore --bump-revision.
//
// # What this does not show
//
// A majority of the servers of the engine must live. The engine is trusted: if it loses writes that it
// has confirmed, permits are granted twice, and only the Guard protects the resource. Redis does so
// in a failover; see package redis. A process that ignores its
// fences, or a resource without a Guard, gets what clocks can give.
package cluster
