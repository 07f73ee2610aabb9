package p

import (
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"os"
	"reflect"
	"runtime/debug"
	"testing"

	"scratch/q"
)

var sink int

var random [8]byte

// The init functions of package crypto open random numbers of the kernel in each binary that links it.
func BenchmarkRandom(b *testing.B) {
	for b.Loop() {
		sink, _ = rand.Read(random[:])
	}
}

func BenchmarkFolder(b *testing.B) {
	for b.Loop() {
		name, _ := os.Getwd()
		sink = len(name)
	}
}

func BenchmarkNothing(b *testing.B) {
	for b.Loop() {
	}
}

func BenchmarkDeep(b *testing.B) {
	for b.Loop() {
		sink = q.First(1)
	}
}

func BenchmarkInterface(b *testing.B) {
	for b.Loop() {
		for _, s := range shapes {
			sink += s.area()
		}
	}
}

func BenchmarkHook(b *testing.B) {
	for b.Loop() {
		sink = hook(2)
	}
}

func BenchmarkHooks(b *testing.B) {
	for b.Loop() {
		sink = hooks["one"](2)
	}
}

func BenchmarkTable(b *testing.B) {
	for b.Loop() {
		sink = table["7"]
	}
}

func BenchmarkEmbedded(b *testing.B) {
	for b.Loop() {
		sink = len(embedded)
	}
}

func BenchmarkLimit(b *testing.B) {
	for b.Loop() {
		for i := range limit {
			sink += i
		}
	}
}

func BenchmarkLeft(b *testing.B) {
	for b.Loop() {
		left++
	}
}

func BenchmarkText(b *testing.B) {
	for b.Loop() {
		sink = len(fmt.Sprint(text))
	}
}

func BenchmarkRecords(b *testing.B) {
	for b.Loop() {
		for i := range records {
			records[i].Rest++
		}
	}
}

func BenchmarkTag(b *testing.B) {
	for b.Loop() {
		sink = reflect.TypeOf(record{}).NumField()
	}
}

func BenchmarkReflected(b *testing.B) {
	for b.Loop() {
		sink = reflected()
	}
}

func BenchmarkLinked(b *testing.B) {
	for b.Loop() {
		sink = linked(1)
	}
}

func BenchmarkAssembly(b *testing.B) {
	for b.Loop() {
		sink = int(add(1, 2))
	}
}

func BenchmarkPromoted(b *testing.B) {
	for b.Loop() {
		sink = getter.get()
	}
}

func BenchmarkPool(b *testing.B) {
	for b.Loop() {
		pool.Put(pool.Get())
	}
}

func BenchmarkStarted(b *testing.B) {
	for b.Loop() {
		c := make(chan int)
		go started(c)
		sink = <-c
	}
}

func BenchmarkDeferred(b *testing.B) {
	for b.Loop() {
		func() { defer deferred(&sink) }()
	}
}

func BenchmarkWord(b *testing.B) {
	for b.Loop() {
		sink = word("delta")
	}
}

func BenchmarkLine(b *testing.B) {
	for b.Loop() {
		sink = line()
	}
}

func BenchmarkLog(b *testing.B) {
	for b.Loop() {
		log.New(io.Discard, "", log.Lshortfile).Print("x")
	}
}

func BenchmarkStack(b *testing.B) {
	for b.Loop() {
		sink = len(debug.Stack())
	}
}

func BenchmarkAsked(b *testing.B) {
	for b.Loop() {
		if _, ok := asks.(fmt.Stringer); ok {
			sink++
		}
	}
}

func BenchmarkGeneric(b *testing.B) {
	for b.Loop() {
		sink = q.Sum([]int{1, 2}) + int(q.Sum([]float64{1}))
	}
}

func BenchmarkConstraint(b *testing.B) {
	for b.Loop() {
		sink = valueOf(small(1))
	}
}

func BenchmarkError(b *testing.B) {
	for b.Loop() {
		sink = len(q.ErrSome.Error())
	}
}

func BenchmarkReads(b *testing.B) {
	for b.Loop() {
		text, _ := os.ReadFile("embedded.txt")
		sink = len(text)
	}
}

var open = os.Open

func BenchmarkReadsByValue(b *testing.B) {
	for b.Loop() {
		f, _ := open("embedded.txt")
		sink = len(f.Name())
		f.Close()
	}
}

func BenchmarkReadsByInterface(b *testing.B) {
	for b.Loop() {
		f, _ := os.DirFS(".").Open("embedded.txt")
		f.Close()
	}
}

func BenchmarkWrites(b *testing.B) {
	for b.Loop() {
		fmt.Fprint(os.Stdout)
	}
}

func TestNever(t *testing.T) {
	if q.Never(2) != 14 {
		t.Error("wrong")
	}
}
