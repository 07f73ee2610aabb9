package anchor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/semaphore"
)

var (
	counter  atomic.Int64
	mutex    sync.Mutex
	rw       sync.RWMutex
	tokens   = make(chan struct{}, 4)
	weighted = semaphore.NewWeighted(4)
	shared   = semaphore.NewWeighted(1)
	table    = numbers(1024)
	held     int // guarded by mutex
	read     int
	kept     any // holds results, so that the compiler cannot leave out their computation
)

func numbers(n int) map[int]int {
	m := make(map[int]int, n)
	for i := range n {
		m[i*7919] = i
	}
	return m
}

func BenchmarkAtomicAdd(b *testing.B) {
	for b.Loop() {
		counter.Add(1)
	}
}

func BenchmarkAtomicSwap(b *testing.B) {
	for b.Loop() {
		n := counter.Load()
		counter.CompareAndSwap(n, n+1)
	}
}

func BenchmarkMutex(b *testing.B) {
	for b.Loop() {
		mutex.Lock()
		held++
		mutex.Unlock()
	}
}

func BenchmarkRWMutexRead(b *testing.B) {
	for b.Loop() {
		rw.RLock()
		read = held
		rw.RUnlock()
	}
}

func BenchmarkChannel(b *testing.B) {
	for b.Loop() {
		tokens <- struct{}{}
		<-tokens
	}
}

func BenchmarkWeighted(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		if err := weighted.Acquire(ctx, 1); err != nil {
			b.Fatal(err)
		}
		weighted.Release(1)
	}
}

func BenchmarkMap(b *testing.B) {
	sum, key := 0, 0
	for b.Loop() {
		sum += table[key]
		if key += 7919; key >= 1024*7919 {
			key = 0
		}
	}
	kept = sum
}

func BenchmarkSyncMap(b *testing.B) {
	var m sync.Map
	m.Store("key", 1)
	for b.Loop() {
		if _, ok := m.Load("key"); !ok {
			b.Fatal("no key")
		}
	}
}

func BenchmarkDefer(b *testing.B) {
	locked := func() {
		mutex.Lock()
		defer mutex.Unlock()
		counter.Add(1)
	}
	for b.Loop() {
		locked()
	}
}

func BenchmarkSort(b *testing.B) {
	for _, n := range []int{16, 256} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			shuffled, sorted := make([]int, n), make([]int, n)
			for i := range n {
				shuffled[i] = i * 7919 % 257
			}
			for b.Loop() {
				copy(sorted, shuffled)
				slices.Sort(sorted)
			}
		})
	}
}

func BenchmarkSHA256(b *testing.B) {
	text := bytes.Repeat([]byte("semabench"), 16<<10/9)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		sha256.Sum256(text)
	}
}

func BenchmarkAppendInt(b *testing.B) {
	digits := make([]byte, 0, 32)
	for b.Loop() {
		digits = strconv.AppendInt(digits[:0], 1234567890, 10)
	}
}

func BenchmarkIndex(b *testing.B) {
	text := strings.Repeat("a", 1000) + "b"
	for b.Loop() {
		if strings.IndexByte(text, 'b') != 1000 {
			b.Fatal("not found")
		}
	}
}

func BenchmarkAlloc(b *testing.B) {
	for b.Loop() {
		kept = new([64]byte)
	}
}

func BenchmarkSprintf(b *testing.B) {
	for b.Loop() {
		kept = fmt.Sprintf("%s-%d", "worker", 7)
	}
}

func BenchmarkSpawn(b *testing.B) {
	done := make(chan struct{})
	for b.Loop() {
		go func() { done <- struct{}{} }()
		<-done
	}
}

func BenchmarkPingPong(b *testing.B) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for n := range ping {
			pong <- n
		}
	}()
	defer close(ping)
	for b.Loop() {
		ping <- 1
		<-pong
	}
}

func BenchmarkMutexContended(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			mutex.Lock()
			held++
			mutex.Unlock()
		}
	})
}

func BenchmarkChannelContended(b *testing.B) {
	one := make(chan struct{}, 1)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			one <- struct{}{}
			<-one
		}
	})
}

func BenchmarkWeightedContended(b *testing.B) {
	b.SetParallelism(4)
	ctx := context.Background()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := shared.Acquire(ctx, 1); err != nil {
				b.Error(err)
				return
			}
			shared.Release(1)
		}
	})
}

func BenchmarkAtomicContended(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			counter.Add(1)
		}
	})
}
