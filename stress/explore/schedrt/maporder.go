package schedrt

import (
	"cmp"
	"reflect"
	"sort"
	"unsafe"
)

// RangeMap is range m. The order is that of the keys; pointers and channels among them have the order in
// which they became keys, as their addresses are others each time.
func RangeMap[M ~map[K]V, K comparable, V any](m M) *MapRange[K, V] {
	r := &MapRange[K, V]{m: m, keys: make([]K, 0, len(m))}
	for k, v := range m {
		if k != k { // NaN, which is never found again
			r.lost = append(r.lost, v)
			r.lostKeys = append(r.lostKeys, k)
			continue
		}
		r.keys = append(r.keys, k)
	}
	if current() != nil {
		order(reflect.ValueOf(r.keys))
	}
	return r
}

// A MapRange goes through a map.
type MapRange[K comparable, V any] struct {
	m        map[K]V
	keys     []K
	lostKeys []K
	lost     []V
	key      K
	value    V
}

// Next goes to the next key that has not been deleted, and reports whether there is one.
func (r *MapRange[K, V]) Next() (ok bool) {
	for len(r.keys) > 0 {
		r.key, r.keys = r.keys[0], r.keys[1:]
		if r.value, ok = r.m[r.key]; ok {
			return true
		}
	}
	if len(r.lost) == 0 || len(r.m) == 0 {
		return false
	}
	r.key, r.value = r.lostKeys[0], r.lost[0]
	r.lostKeys, r.lost = r.lostKeys[1:], r.lost[1:]
	return true
}

// Key is where Next went.
func (r *MapRange[K, V]) Key() K { return r.key }

// Value is what was there.
func (r *MapRange[K, V]) Value() V { return r.value }

// RankKey is k, which becomes the key of a map.
func RankKey[K any](k K) K {
	if current() != nil {
		rank(reflect.ValueOf(&k).Elem())
	}
	return k
}

func order(keys reflect.Value) {
	sort.Stable(byKey{keys, reflect.Swapper(keys.Interface())})
}

type byKey struct {
	keys reflect.Value
	swap func(i, j int)
}

func (b byKey) Len() int           { return b.keys.Len() }
func (b byKey) Swap(i, j int)      { b.swap(i, j) }
func (b byKey) Less(i, j int) bool { return compare(b.keys.Index(i), b.keys.Index(j)) < 0 }

// rank notes the pointers in v in the order in which they come.
func rank(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		if e, p := active, v.UnsafePointer(); p != nil {
			if s := e.words.find(e.run, p); s.rank == 0 || s.ranked != e.run {
				e.ranks++
				s.rank, s.ranked = e.ranks, e.run
			}
		}
	case reflect.Interface:
		if !v.IsNil() {
			rank(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			rank(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			rank(v.Index(i))
		}
	}
}

// rankOf returns the rank of a pointer. Those that have none come last, in no certain order.
func (e *Exec) rankOf(p unsafe.Pointer) (rank uint64, address uintptr) {
	if p == nil {
		return 0, 0
	}
	if s := e.words.find(e.run, p); s.rank > 0 && s.ranked == e.run {
		return s.rank, 0
	}
	return 1 << 63, uintptr(p)
}

func compare(a, b reflect.Value) int {
	switch k := a.Kind(); {
	case k == reflect.String:
		return cmp.Compare(a.String(), b.String())
	case k == reflect.Bool:
		return boolInt(a.Bool()) - boolInt(b.Bool())
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	case a.CanComplex():
		x, y := a.Complex(), b.Complex()
		return cmp.Or(cmp.Compare(real(x), real(y)), cmp.Compare(imag(x), imag(y)))
	case k == reflect.Interface:
		return compareDynamic(a, b)
	case k == reflect.Struct || k == reflect.Array:
		return compareParts(a, b)
	}
	rankA, addressA := active.rankOf(a.UnsafePointer())
	rankB, addressB := active.rankOf(b.UnsafePointer())
	return cmp.Or(cmp.Compare(rankA, rankB), cmp.Compare(addressA, addressB))
}

func compareDynamic(a, b reflect.Value) int {
	if a.IsNil() || b.IsNil() {
		return boolInt(!a.IsNil()) - boolInt(!b.IsNil())
	}
	a, b = a.Elem(), b.Elem()
	if a.Type() != b.Type() {
		return cmp.Or(cmp.Compare(a.Type().PkgPath(), b.Type().PkgPath()), cmp.Compare(a.Type().String(), b.Type().String()))
	}
	return compare(a, b)
}

func compareParts(a, b reflect.Value) int {
	n, part := 0, reflect.Value.Index
	if a.Kind() == reflect.Struct {
		n, part = a.NumField(), reflect.Value.Field
	} else {
		n = a.Len()
	}
	for i := range n {
		if c := compare(part(a, i), part(b, i)); c != 0 {
			return c
		}
	}
	return 0
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
