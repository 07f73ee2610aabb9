// Package etcd keeps the semaphores of package cluster in etcd.
//
//	server, err := etcd.Embedded("") // in this process; production dials a list of endpoints
//	…
//	engine, err := server.Engine()
//
// # Keys
//
// All keys of a semaphore begin with semabench/ and its escaped name. An example with a size of 3, two
// holders and one request that waits:
//
//	semabench/NAME/held/0123456789abcdef-1   v1 0-1             two permits: slots 0 and 1
//	semabench/NAME/held/fedcba9876543210-4   v1 2               one permit
//	semabench/NAME/size                      v1 size 3 made 3
//	semabench/NAME/user/0123456789abcdef     v1                 a session, named after its lease
//	semabench/NAME/user/fedcba9876543210     v1
//	semabench/NAME/wait/0123456789abcdef-2   v1 1               waits for one permit
//
// All keys but the size belong to the lease of their session: when it ends, etcd deletes them in one
// step. The size remains until a person deletes it; a name costs about 50 bytes.
//
// # States of a request
//
//	outside --enter--> held                    nothing waits and the permits are free
//	outside --enter--> waiting behind X        otherwise, X being the youngest request
//	waiting behind X --X is gone, look--> waiting behind Y, or first
//	first --take--> held                       the permits are free
//	first --leave--> outside                   the size has become smaller than the request
//	held --give--> outside
//	any --lease ends or withdraw--> outside
//
// Enter, take, give and leave are one transaction each. Enter decides and does both of its outcomes in
// one transaction, so a request that has to wait has lost no time and no place.
//
// # Invariants, and why the conditions of the transactions keep them
//
//  1. The slots of two held keys are disjoint, and with the sizes that the takes saw, at most size are
//     in use. A take picks slots that are free in its view: the permits that others held at some
//     revision K. Its condition is that no key of another session under held/ was created after K.
//     So whatever others hold now, they held at K already, and the view has it. Grants of the own
//     session are in memory, under a mutex, and are forgotten only after etcd has confirmed that they
//     are gone. The size has the revision of the view.
//  2. The queue is the order of the creation revisions under wait/. Nothing is granted to a request
//     while an older one is in the queue. Enter has the condition that the queue is empty. Take runs
//     only for a request that has read that no older one is there; younger requests never get before
//     it, so this stays true and needs no condition.
//  3. A waiting request hears of everything that can serve it. Behind X, it watches the key of X,
//     beginning after the revision at which it read that X is there: so it sees the deletion of X even
//     if that comes before the watch is set up. First, it watches held/ and size in the same way.
//     A watch that ends (compaction, no leader) leads to a new read, never to a conclusion.
//  4. The fence of a slot grows: a held key is created after the key that had the slot before was
//     deleted or shortened, so its creation revision is greater.
//  5. An ID is used for one request, and its keys are written at most once each after the request has
//     been settled; see below. So a give or leave that is repeated, or arrives late, harms nothing.
//
// # A lost answer
//
// A transaction without an answer may have run, or may run later. Every transaction that adds a key
// has a condition on the revision of the user key of its session. Settle writes the user key, and reads
// what became of the request in the same transaction. If the lost transaction has run, settle sees its
// key. If not, its condition can never be true again. Only then the request goes on.
//
// # Cost
//
// Take and give without contention are two transactions. If several sessions hold permits at once, a take may
// need a second transaction, as its view is too old. A waiter has one watch and costs a read when it
// becomes first. A release wakes at most two waiters: the first, and the next, which becomes first. The
// condition over held/ lets the server visit all holders, and the search for the last request visits
// the whole queue: both in memory, and both linear.
//
// # What this does not show
//
// The rate of one name is bounded by the disk of the etcd leader; different names share it. Watches and
// leases of very many sessions are bounded by the memory of the servers. No test here has run for days.
package etcd
