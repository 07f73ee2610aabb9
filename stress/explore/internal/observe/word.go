package observe

import (
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A word is what is known of memory that is used atomically: a type of package sync/atomic.
type word struct {
	kind string
	size int
}

var words = map[string]word{
	"Bool": {"bool", 4}, "Int32": {"signed", 4}, "Uint32": {"unsigned", 4},
	"Int64": {"signed", 8}, "Uint64": {"unsigned", 8},
	"Uintptr": {"unsigned", int(unsafe.Sizeof(uintptr(0)))},
	"Pointer": {"pointer", int(unsafe.Sizeof(uintptr(0)))},
	"Value":   {"value", int(unsafe.Sizeof(uintptr(0)))},
}

// learn finds out which words those are that goroutines are about to use: by the name of the method or
// function of package sync/atomic that they have called.
func (w *Observer) learn(goroutines []schedrt.GoroutineState) {
	for _, s := range goroutines {
		switch s.Op {
		case schedrt.OpLoad, schedrt.OpStore, schedrt.OpSwap, schedrt.OpCAS:
			if _, known := w.words[s.Object]; !known {
				w.words[s.Object] = wordOf(s.PCs)
			}
		}
	}
}

func wordOf(pcs []uintptr) word {
	for _, f := range frames(pcs) {
		name, ok := strings.CutPrefix(f.Function, shim+"atomic.")
		if !ok {
			continue
		}
		if method, ok := strings.CutPrefix(name, "(*"); ok {
			end := strings.IndexAny(method, ")[")
			return words[method[:end]]
		}
		for _, operation := range []string{"Load", "Store", "Swap", "CompareAndSwap", "Add", "And", "Or"} {
			if known, ok := words[strings.TrimPrefix(name, operation)]; ok {
				return known
			}
		}
	}
	return word{}
}

// value writes what is in a word. Addresses differ from run to run, so pointers are numbered.
func (t *builder) value(object int32, bits uint64) string {
	switch w := t.words[object]; {
	case w.kind == "bool":
		return strconv.FormatBool(bits != 0)
	case w.kind == "unsigned":
		return strconv.FormatUint(bits, 10)
	case w.kind == "signed" && w.size == 4:
		return strconv.FormatInt(int64(int32(bits)), 10)
	case w.kind == "signed":
		return strconv.FormatInt(int64(bits), 10)
	case bits == 0:
		return "nil"
	case w.kind == "value":
		return "a value" // of which only the type is in the first word
	}
	if t.pointers == nil {
		t.pointers = map[uint64]int{}
	}
	if t.pointers[bits] == 0 {
		t.pointers[bits] = len(t.pointers) + 1
	}
	return fmt.Sprintf("pointer %d", t.pointers[bits])
}
