package etcd_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/semabench/semabench/impls/cluster"
	"github.com/semabench/semabench/impls/cluster/etcd"
)

// Two sessions, of which each could be on a machine of its own, share three permits.
func Example() {
	if err := share(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// the first holds 2 permits
	// cluster: no permit is free
	// the second holds slots [{0 true} {1 true}]
}

func share() error {
	ctx := context.Background()
	server, err := etcd.Embedded("") // production: etcd.Dial
	if err != nil {
		return err
	}
	defer server.Close()
	engine, err := server.Engine()
	if err != nil {
		return err
	}
	defer engine.Close()
	options := cluster.Options{TTL: 10 * time.Second}
	first, err := cluster.Open(ctx, engine, "transcoders", 3, options)
	if err != nil {
		return err
	}
	defer first.Close(ctx)
	second, err := cluster.Open(ctx, engine, "transcoders", 3, options)
	if err != nil {
		return err
	}
	defer second.Close(ctx)

	lease, err := first.Acquire(ctx, 2)
	if err != nil {
		return err
	}
	fmt.Println("the first holds", len(lease.Fences()), "permits")
	_, err = second.TryAcquire(ctx, 2)
	fmt.Println(err)
	old := lease.Fences()
	if err := lease.Release(ctx); err != nil {
		return err
	}
	lease, err = second.Acquire(ctx, 2)
	if err != nil {
		return err
	}
	type slot struct {
		number int64
		newer  bool // than the fence of the first session
	}
	var slots []slot
	for i, f := range lease.Fences() {
		slots = append(slots, slot{f.Slot, f.Revision > old[i].Revision})
	}
	fmt.Println("the second holds slots", slots)
	return nil
}
