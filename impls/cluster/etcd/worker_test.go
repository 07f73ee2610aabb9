package etcd

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/semabench/semabench/impls/cluster"
)

const (
	judgeSize = 4
	judgeTTL  = 2 * time.Second
	// workVariable makes this test binary a worker of TestFaults: "SEED ENDPOINT…".
	workVariable = "SEMABENCH_CLUSTER_WORKER"
	// bugVariable has the name of a planted bug for the workers. The bug must not need a world.
	bugVariable = "SEMABENCH_CLUSTER_BUG"
)

// A use is one request of a worker to the resource: "begin" or "end", and fences as slot:revision.
func use(step string, fences []cluster.Fence) string {
	for _, f := range fences {
		step += fmt.Sprintf(" %d:%d", f.Slot, f.Revision)
	}
	return step
}

// workForever takes random weights, with and without a limit of time, and asks the resource whenever it
// holds permits. A session that ends is opened again. It ends when the resource says stop.
func workForever(arguments string) error {
	f := strings.Fields(arguments)
	var seed uint64
	if _, err := fmt.Sscan(f[0], &seed); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(seed, 1))
	e, err := Dial(clientv3.Config{Endpoints: f[1:]})
	if err != nil {
		return err
	}
	for _, b := range bugs {
		if b.name == os.Getenv(bugVariable) {
			b.plant(nil, keysOf("judge"), &e.calls)
		}
	}
	answers := bufio.NewReader(os.Stdin)
	for {
		s, err := cluster.Open(context.Background(), e, "judge", judgeSize, cluster.Options{TTL: judgeTTL})
		if err != nil {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		stop, err := workIn(s, random, answers)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = s.Close(ctx)
		cancel()
		if stop || err != nil {
			return err
		}
	}
}

func workIn(s *cluster.Session, random *rand.Rand, answers *bufio.Reader) (stop bool, err error) {
	ask := func(line string) (ok bool) {
		fmt.Println(line)
		var answer string
		if answer, err = answers.ReadString('\n'); err != nil {
			return false
		}
		stop = stop || answer == "stop\n"
		return answer == "ok\n"
	}
	for !stop && err == nil && s.Err() == nil {
		ctx, cancel := context.Background(), func() {}
		if random.IntN(3) == 0 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(300))*time.Millisecond)
		}
		lease, refused := s.Acquire(ctx, 1+random.Int64N(judgeSize))
		cancel()
		if refused != nil {
			continue // the session has ended, or the time is over
		}
		fences := lease.Fences()
		if ask(use("begin", fences)) {
			most := 40
			if random.IntN(4) == 0 { // long enough that a fault often meets a holder
				most = 600
			}
			time.Sleep(time.Duration(random.IntN(most)) * time.Millisecond)
			ask(use("end", fences))
		}
		_ = lease.Release(context.Background()) // ends with the session at the latest
	}
	return stop, err
}
