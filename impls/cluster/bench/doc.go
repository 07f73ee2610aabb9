// Package bench compares the semaphores of package cluster with the floor of their engines and with the locks
// that others offer, for one permit. It is a module of its own: the rivals are in no other go.mod.
//
//	go test -bench . -count 6 | tee bench.txt
//	benchstat -col /impl bench.txt
//	semabench report bench.txt
//
// All rows of one run use the same two servers, an etcd server in the process and a redis-server, both
// on loopback and without a disk that is flushed. So the figures are the cost of messages and of code; a
// production server adds its disk and its network.
package bench
