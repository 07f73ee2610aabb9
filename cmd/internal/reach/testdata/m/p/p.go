// Package p has one benchmark for each way in which code reaches code.
package p

import (
	_ "embed"
	"fmt"
	"reflect"
	"runtime"
	"sync"

	_ "scratch/q"
	_ "unsafe"
)

type shape interface{ area() int }

type square struct{ a, b int }

//go:noinline
func (s square) area() int { return s.a * s.a }

type disc struct{ r int }

//go:noinline
func (d *disc) area() int { return d.r * 3 }

var shapes = []shape{square{3, 4}, &disc{5}}

var hook = func(n int) int { return n + 1 }

var hooks = map[string]func(int) int{"one": one}

//go:noinline
func one(n int) int { return n + 21 }

var table = map[string]int{}

func init() {
	for i := range 10 {
		table[fmt.Sprint(i)] = i
	}
}

//go:embed embedded.txt
var embedded string

var limit = 40

var left, right = 1, 1

const text = "a text of some length that is not a number"

type record struct {
	Name string `json:"name"`
	Size int32
	Rest int64
}

var records [4]record

type caller struct{}

//go:noinline
func (caller) Called() int { return 31 }

var byName = "Called"

func reflected() int {
	return int(reflect.ValueOf(caller{}).MethodByName(byName).Call(nil)[0].Int())
}

func linked(n int) int

func add(a, b int64) int64

type base struct{ n int }

//go:noinline
func (b base) get() int { return b.n + 51 }

type outer struct{ base }

var getter interface{ get() int } = outer{base{1}}

var pool = sync.Pool{New: func() any { return fresh() }}

//go:noinline
func fresh() any { return new([64]byte) }

//go:noinline
func started(c chan int) { c <- 61 }

//go:noinline
func deferred(p *int) { *p += 71 }

//go:noinline
func word(s string) int {
	switch s {
	case "alpha":
		return 1
	case "beta":
		return 2
	case "gamma":
		return 3
	case "delta":
		return 4
	case "epsilon":
		return 5
	}
	return 0
}

func line() int {
	_, _, line, _ := runtime.Caller(0)
	return line
}

type asked struct{ n int }

var asks any = asked{1}

type numeric interface{ value() int }

type small int

//go:noinline
func (s small) value() int { return int(s) + 81 }

//go:noinline
func valueOf[T numeric](v T) int { return v.value() }
