package typeprog

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// snapshot returns the content of a value as text, for the comparison of results and for reports. Self
// is the pointer to the value under test: a method that returns it, for calls in a chain, gives every
// fresh value the same text.
//
// It reads memory by its address, in functions that the race detector does not watch, and not by package
// reflect. A result may point into the type under test, and the detector would report a read that
// the program does not make. Only maps are read by package reflect: a map that a method hands out
// while another goroutine writes it is a race of the program.
func snapshot(v reflect.Value, self unsafe.Pointer) string {
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	w := &snapshotter{self: self}
	w.write(v.Type(), p.UnsafePointer(), false)
	// A copy: the detector knows the writes of the Builder, and a strategy reads the text in another
	// goroutine, which the schedule orders but the detector does not see.
	return string([]byte(w.String()))
}

// mostNodes bounds one snapshot. A larger result is compared by its beginning.
const mostNodes = 2000

type snapshotter struct {
	strings.Builder
	self    unsafe.Pointer
	nodes   int
	visited []unsafe.Pointer // the pointers on the way to this value
}

// write writes the value of type t at p. Behind says that a pointer leads to it: then only exported
// fields count. The value behind a pointer is often a part of the type under test, as an element of
// its list, and its unexported fields may differ though all calls agree.
//
//go:norace
func (w *snapshotter) write(t reflect.Type, p unsafe.Pointer, behind bool) {
	if w.nodes++; w.nodes > mostNodes {
		return
	}
	switch t.Kind() {
	case reflect.String:
		w.WriteString(strconv.Quote(*(*string)(p)))
	case reflect.Float32:
		fmt.Fprint(w, *(*float32)(p))
	case reflect.Float64:
		fmt.Fprint(w, *(*float64)(p))
	case reflect.Complex64:
		fmt.Fprint(w, *(*complex64)(p))
	case reflect.Complex128:
		fmt.Fprint(w, *(*complex128)(p))
	case reflect.Bool:
		fmt.Fprint(w, *(*bool)(p))
	case reflect.Pointer:
		w.pointer(t, *(*unsafe.Pointer)(p))
	case reflect.Interface:
		w.face(t, p, behind)
	case reflect.Slice:
		w.slice(t, p, behind)
	case reflect.Array:
		w.elements(t.Elem(), p, t.Len(), behind)
	case reflect.Struct:
		w.fields(t, p, behind)
	case reflect.Map:
		w.entries(t, p, behind)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		// All three are one word, which is nil or not.
		if *(*unsafe.Pointer)(p) == nil {
			w.WriteString("nil")
			return
		}
		fmt.Fprintf(w, "a %v", t.Kind())
	default:
		w.integer(t, p)
	}
}

// integer writes the kinds from Int to Uintptr.
//
//go:norace
func (w *snapshotter) integer(t reflect.Type, p unsafe.Pointer) {
	signed := t.Kind() <= reflect.Int64
	var n uint64
	switch t.Size() {
	case 1:
		n = uint64(*(*uint8)(p))
		if signed {
			n = uint64(*(*int8)(p))
		}
	case 2:
		n = uint64(*(*uint16)(p))
		if signed {
			n = uint64(*(*int16)(p))
		}
	case 4:
		n = uint64(*(*uint32)(p))
		if signed {
			n = uint64(*(*int32)(p))
		}
	default:
		n = *(*uint64)(p)
	}
	if signed {
		w.WriteString(strconv.FormatInt(int64(n), 10))
		return
	}
	w.WriteString(strconv.FormatUint(n, 10))
}

// pointer writes the value behind a pointer. A pointer that leads back to a value on the way, as in a ring,
// is written by its type, or the writing would not end. An address is never written: it differs from run to
// run, and two equal results would look different.
//
//go:norace
func (w *snapshotter) pointer(t reflect.Type, to unsafe.Pointer) {
	switch {
	case to == nil:
		w.WriteString("nil")
	case to == w.self:
		w.WriteString("itself")
	case slices.Contains(w.visited, to), t.Elem().Kind() == reflect.Struct && !showsFields(t.Elem()):
		fmt.Fprintf(w, "a %v", t)
	default:
		w.visited = append(w.visited, to)
		w.WriteByte('&')
		w.write(t.Elem(), to, true)
		w.visited = w.visited[:len(w.visited)-1]
	}
}

// showsFields reports whether a struct behind a pointer has anything that is compared.
// A struct without fields has nothing to hide, and one with unexported fields only is a handle: what two
// handles have in common is not for a caller to see.
func showsFields(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			return true
		}
	}
	return t.NumField() == 0
}

// opaque reports whether nothing but nil can be seen of values of a type.
// The report names such results once, because a method that returns a
// wrong function or channel would pass.
func opaque(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return true
	case reflect.Pointer:
		return t.Elem().Kind() == reflect.Struct && !showsFields(t.Elem())
	}
	return false
}

// face writes the value in an interface. An error is its type and its text: what else it has, such as
// the stack on which it was made, differs from call to call.
//
//go:norace
func (w *snapshotter) face(t reflect.Type, p unsafe.Pointer, behind bool) {
	var v any
	if t.NumMethod() == 0 {
		v = *(*any)(p)
	} else {
		// All interfaces with methods have one layout, as package reflect relies on, too.
		v = *(*interface{ M() })(p)
	}
	if v == nil {
		w.WriteString("nil")
		return
	}
	if err, ok := v.(error); ok {
		fmt.Fprintf(w, "%T(%s)", err, strconv.Quote(textOf(err)))
		return
	}
	dynamic := reflect.TypeOf(v)
	if dynamic.Kind() == reflect.Pointer {
		// The word in the interface is the pointer itself.
		w.pointer(dynamic, reflect.ValueOf(v).UnsafePointer())
		return
	}
	named := dynamic.Kind() != reflect.Struct && dynamic != reflect.TypeFor[int]() &&
		dynamic != reflect.TypeFor[string]() && dynamic != reflect.TypeFor[bool]()
	if named {
		fmt.Fprintf(w, "%v(", dynamic)
	}
	copied := reflect.New(dynamic)
	copied.Elem().Set(reflect.ValueOf(v))
	w.write(dynamic, copied.UnsafePointer(), behind)
	if named {
		w.WriteByte(')')
	}
}

// textOf returns the text of an error. The method is of the program, and may panic for a nil pointer.
// The panic is a result of the call as well. It must not end the schedule, in which it would look like a panic
// of the method.
func textOf(err error) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = "its method Error panics"
		}
	}()
	return err.Error()
}

// slice writes a slice by its header, which has had this layout since Go 1. The capacity is left out: no
// caller can rely on it. Bytes are written as a string, as most of them are text.
//
//go:norace
func (w *snapshotter) slice(t reflect.Type, p unsafe.Pointer, behind bool) {
	header := (*struct {
		data unsafe.Pointer
		len  int
	})(p)
	switch {
	case header.data == nil:
		w.WriteString("nil")
	case t.Elem().Kind() == reflect.Uint8:
		w.WriteString(strconv.Quote(string(unsafe.Slice((*byte)(header.data), header.len))))
	default:
		w.elements(t.Elem(), header.data, header.len, behind)
	}
}

// elements writes a run of values in memory. It stops at the bound on nodes in the middle: a result of a
// million elements must not take a second in each schedule.
//
//go:norace
func (w *snapshotter) elements(t reflect.Type, p unsafe.Pointer, n int, behind bool) {
	w.WriteByte('[')
	for i := 0; i < n && w.nodes <= mostNodes; i++ {
		if i > 0 {
			w.WriteByte(' ')
		}
		w.write(t, unsafe.Add(p, uintptr(i)*t.Size()), behind)
	}
	w.WriteByte(']')
}

// fields writes a struct. The locks of package sync have no content that a caller sees.
//
//go:norace
func (w *snapshotter) fields(t reflect.Type, p unsafe.Pointer, behind bool) {
	w.WriteByte('{')
	first := true
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" || ofSync(f.Type) || behind && !f.IsExported() {
			continue
		}
		if !first {
			w.WriteByte(' ')
		}
		first = false
		w.WriteString(f.Name + ":")
		w.write(f.Type, unsafe.Add(p, f.Offset), behind)
	}
	w.WriteByte('}')
}

// entries writes a map, sorted by the texts of its entries.
func (w *snapshotter) entries(t reflect.Type, p unsafe.Pointer, behind bool) {
	m := reflect.NewAt(t, p).Elem()
	if m.IsNil() {
		w.WriteString("nil")
		return
	}
	var texts []string
	for i := m.MapRange(); i.Next(); {
		// Copies of the writer, so that both know the way here and the nodes so far. A Builder must not be copied
		// once it holds text, so each gets a new one.
		key, value := *w, *w
		key.Builder, value.Builder = strings.Builder{}, strings.Builder{}
		k, v := reflect.New(t.Key()), reflect.New(t.Elem())
		k.Elem().Set(i.Key())
		v.Elem().Set(i.Value())
		key.write(t.Key(), k.UnsafePointer(), behind)
		value.write(t.Elem(), v.UnsafePointer(), behind)
		texts = append(texts, key.String()+":"+value.String())
	}
	slices.Sort(texts)
	w.WriteString("map[" + strings.Join(texts, " ") + "]")
}

// ofSync reports whether a type is of package sync. In a process that plays schedules it is of the
// shim package that replaces sync.
// The name of the package decides, since the look-alike is another type in the eyes of package reflect.
func ofSync(t reflect.Type) bool {
	return t.PkgPath() == "sync" || strings.HasSuffix(t.PkgPath(), "/explore/shim/sync")
}
