// Package redis keeps the semaphores of package cluster in Redis, of version 5 or later.
//
//	engine, err := redis.Dial(goredis.Options{Addr: "redis:6379", Username: user, Password: password})
//
// # What it cannot promise
//
// Redis confirms a write before its replicas have it, and, with its usual settings, before it is on
// disk. So a failover, or a restart after a crash, may lose grants whose holders still use their
// permits, and the server grants these permits again. Then more than size permits are held until the
// old holders learn of the loss, at their next renewal, within a third of their TTL. Only a
// [cluster.Guard] at the resource refuses the old holders meanwhile. No setting of Redis closes this
// gap: appendfsync always covers a crash and no failover, and WAIT tells how many replicas had the
// write, not which of them is promoted. Without a Guard, use package etcd.
//
// Fences keep growing even if grants are lost: a fence is greater than every fence before it, and at
// least the clock of the server in microseconds. A promoted replica that has lost the newest grants
// still hands out greater fences, unless its clock is behind by more than the time since those
// grants. In that case the Guard refuses the new holders instead. Two holders get the same fence,
// which no Guard can tell apart, only if the clock is behind by exactly that time, to the
// microsecond.
//
// Leases end by the wall clock of the server, as Redis has no other. If that clock jumps forward, members
// expire early, and the Guard refuses them; if it jumps back, permits of dead members come back late.
//
// A Redis Cluster and Sentinel are not supported: [Dial] takes one address. After a failover the address
// must lead to the new primary, and connections to the old one must end.
//
// # Keys
//
// The keys of a semaphore begin with semabench:{NAME}: and Redis Cluster would keep them on one node.
//
//	state     hash    size, counters, and a gate for each member: a number that late copies of a
//	                  command do not know, see below
//	users     zset    the members, by the time at which they expire
//	requests  hash    what each request has, or waits for
//	queue     zset    the requests that wait, in their order
//	outside   zset    the requests that are larger than the size
//	index     zset    all requests by name, to find the requests of one member
//	free      zset    the slots that are free again
//	to:MEMBER channel grants for requests of this member
//
// Size and fence remain until a person deletes the keys; a name costs about 200 bytes.
//
// # How it works
//
// One script does every operation. Redis runs a script to its end before any other command. So each
// run can first remove the members that have expired, then serve the queue in its order, and tell
// the member of each grant. A take is one run, a give is one run, and a hand-off needs only the give:
// its run makes the grant, and a message tells the waiter. Nothing polls. A message that is lost
// costs time and no permit: the record of the request has the grant, and each new connection and
// each renewal asks for it.
//
// Redis has no clock that runs a script. A member with waiters runs one when the next member of the
// semaphore is about to expire; see watchExpiry.
//
// # A lost answer
//
// A run without an answer may have happened, or may happen later. Each take names the gate, a number
// that the server has for its member, and runs only if that number is still right. A repetition
// increments the gate, so the lost copy cannot run any more. It also names the same request, so it
// finds what the lost copy has done. See passGate in semaphore.lua.
//
// # What this does not show
//
// One script keeps the whole server busy: all names of a server share one core. A run takes some ten
// microseconds, and a grant of n permits takes time in proportion to n.
package redis
