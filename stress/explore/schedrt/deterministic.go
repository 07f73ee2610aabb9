package schedrt

import (
	"cmp"
	"reflect"
	"sort"
	"sync/atomic"
	"unsafe"
)

// A schedule must replay in another process, so nothing else may differ from run to run. Go
// randomizes three things in ordinary code: unseeded random numbers, hashes, and the order of maps.
// This file fixes all of them.

// Random returns the next random number of the running goroutine. Each goroutine has a sequence of
// its own, seeded by its lineage: the lineage of the goroutine that started it, and its number
// among the goroutines that this one started. So its numbers do not depend on what other goroutines
// drew before, and are the same in every schedule.
//
// Outside of control the numbers are the same in every process: a package variable that holds one
// may keep it for all schedules.
//
// A sequence for the whole program would be simpler. A draw would then depend on every draw of
// other goroutines, and each draw would have to be a step.
func Random() uint64 {
	e := current()
	if e == nil {
		return mix(drawnOutside.Add(1) * 0x9e3779b97f4a7c15)
	}
	g := e.cur
	if g.ID > 0 {
		e.tell()
	}
	g.drawn++
	return mix(g.lineage + g.drawn*0x9e3779b97f4a7c15)
}

// drawnOutside counts the random numbers that were drawn outside of control.
var drawnOutside atomic.Uint64

// RandomBelow returns a random number below n, or 0 if n is 0.
func RandomBelow(n uint64) uint64 { return Random() % max(n, 1) }

// Nanotime is runtime.nanotime on the virtual clock.
func Nanotime() int64 {
	if current() == nil {
		return UncontrolledNow().UnixNano()
	}
	return Now().UnixNano()
}

// WallNow is time.now, which modules link to for a cheaper clock: the wall clock in seconds and
// nanoseconds, and the monotonic clock.
func WallNow() (sec int64, nsec int32, mono int64) {
	n := Nanotime()
	return n / 1e9, int32(n % 1e9), n
}

// Walltime is runtime.walltime.
func Walltime() (sec int64, nsec int32) {
	sec, nsec, _ = WallNow()
	return sec, nsec
}

// HashMemory is runtime.memhash with a key that is the same in every process: FNV-1a, mixed.
//
// It need not resist attackers: only tests hash with it.
func HashMemory(p unsafe.Pointer, seed, size uintptr) uint64 {
	h := uint64(0xcbf29ce484222325) ^ uint64(seed)
	for _, b := range unsafe.Slice((*byte)(p), size) {
		h = (h ^ uint64(b)) * 0x100000001b3
	}
	return mix(h)
}

// HashString is runtime.strhash, of the string at p.
func HashString(p unsafe.Pointer, seed uintptr) uint64 {
	s := *(*string)(p)
	return HashMemory(unsafe.Pointer(unsafe.StringData(s)), seed, uintptr(len(s)))
}

// Reseed starts the sequence of the running goroutine anew. Call it under control only.
func Reseed(seed int64) { active.cur.lineage, active.cur.drawn = mix(uint64(seed)), 0 }

// Numbers are what the running goroutine draws from after a call of rand.Seed, nil before. A goroutine
// has none of its parent: the real one is shared, so each draw would have to be a step. Call it under
// control only.
func Numbers() any { return active.cur.numbers }

// SetNumbers sets what Numbers returns in the running goroutine. Call it under control only.
func SetNumbers(numbers any) { active.cur.numbers = numbers }

// A MapRange goes through a map in a fixed order. Use it in one goroutine.
type MapRange[K comparable, V any] struct {
	m         map[K]V
	keys      []K
	nanKeys   []K
	nanValues []V
	key       K
	value     V
	outer     Round // of a loop outside of control, zero under control
}

// RangeMap is range m: for r := RangeMap(m); r.Next(); { … r.Key(), r.Value() … }. Under control it
// goes through the keys in their order. Pointers and channels in keys have the order in which
// RankKey saw them, because addresses differ from process to process. As with range, keys that are
// deleted meanwhile do not come, and keys that are added may or may not; here they do not.
//
// The keys are copied before the first round, because the body may change the map. The real
// range keeps its own place in the table instead, which has no order.
func RangeMap[M ~map[K]V, K comparable, V any](m M) *MapRange[K, V] {
	r := &MapRange[K, V]{m: m, keys: make([]K, 0, len(m))}
	for k, v := range m {
		if k != k { // a NaN, which a lookup never finds again
			r.nanValues = append(r.nanValues, v)
			r.nanKeys = append(r.nanKeys, k)
			continue
		}
		r.keys = append(r.keys, k)
	}
	if current() != nil {
		sortKeys(reflect.ValueOf(r.keys))
	} else {
		r.outer = beginOuter()
	}
	return r
}

// Next goes to the next key that has not been deleted, and reports whether there is one.
func (r *MapRange[K, V]) Next() bool {
	ok := r.next()
	if r.outer.Loop != 0 {
		r.outer.next(ok)
	}
	return ok
}

// next is Next without the note of outer loops. A key that was deleted and inserted again comes with its
// new value, which Go allows.
func (r *MapRange[K, V]) next() (ok bool) {
	for len(r.keys) > 0 {
		r.key, r.keys = r.keys[0], r.keys[1:]
		if r.value, ok = r.m[r.key]; ok {
			return true
		}
	}
	if len(r.nanValues) == 0 || len(r.m) == 0 {
		return false
	}
	r.key, r.value = r.nanKeys[0], r.nanValues[0]
	r.nanKeys, r.nanValues = r.nanKeys[1:], r.nanValues[1:]
	return true
}

// Key returns the key that Next went to.
func (r *MapRange[K, V]) Key() K { return r.key }

// Value returns the value at that key.
func (r *MapRange[K, V]) Value() V { return r.value }

// RangeMapInto is range m before Go 1.22, where all rounds of a loop share its variables: the second
// and the third result.
func RangeMapInto[M ~map[K]V, K comparable, V any](m M) (r *MapRange[K, V], k K, v V) {
	return RangeMap(m), k, v
}

// NextInto is Next, Key and Value in one. It leaves k and v alone if there is no next key.
func (r *MapRange[K, V]) NextInto(k *K, v *V) bool {
	if !r.Next() {
		return false
	}
	*k, *v = r.key, r.value
	return true
}

// RankKey returns k. Rewritten code has it around an index that inserts into a map, so that the
// addresses in k get a rank before the map is ranged over.
//
// Numbers, strings and bools need no rank; reflection finds the addresses inside structs, arrays
// and interfaces.
func RankKey[K any](k K) K {
	if current() != nil {
		rank(reflect.ValueOf(&k).Elem())
	}
	return k
}

// rank gives the pointers in v the next ranks, unless they have one.
func rank(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		if p := v.UnsafePointer(); p != nil {
			active.rank(p)
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

// rank gives an address the next rank, unless it has one.
func (e *Exec) rank(p unsafe.Pointer) {
	if s := e.words.find(e.run, p); s.rank == 0 || s.ranked != e.run {
		e.ranks++
		s.rank, s.ranked = e.ranks, e.run
	}
}

// RankOf returns a number that stands for an address and is the same in every process: the rank
// that RankKey gives, now if p has none. Outside of control it is the address.
func RankOf(p unsafe.Pointer) uint64 {
	if p == nil {
		return 0
	}
	e := current()
	if e == nil {
		return uint64(uintptr(p))
	}
	e.rank(p)
	return e.words.find(e.run, p).rank
}

// rankOf returns the rank of a pointer. A pointer without a rank, which code that was not rewritten
// has put into the map, comes last and by its address: that order may differ from run to run.
//
// Such an order is the one place where a replay may differ. The check for determinism reports it
// if it does.
func (e *Exec) rankOf(p unsafe.Pointer) (rank uint64, address uintptr) {
	if p == nil {
		return 0, 0
	}
	if s := e.words.find(e.run, p); s.rank > 0 && s.ranked == e.run {
		return s.rank, 0
	}
	return 1 << 63, uintptr(p)
}

// sortKeys sorts keys in place. It is stable, so that keys which compare as equal, such as two
// pointers without ranks in equal structs, keep one order.
func sortKeys(keys reflect.Value) {
	sort.Stable(byKey{keys, reflect.Swapper(keys.Interface())})
}

type byKey struct {
	keys reflect.Value
	swap func(i, j int)
}

func (b byKey) Len() int           { return b.keys.Len() }
func (b byKey) Swap(i, j int)      { b.swap(i, j) }
func (b byKey) Less(i, j int) bool { return compareKeys(b.keys.Index(i), b.keys.Index(j)) < 0 }

// compareKeys orders two keys of one type. Numbers, strings and bools have their order, NaN is
// never among them, and addresses have their ranks.
//
// Kinds that cannot be keys, such as slices, never come here. What remains after the cases are
// pointers, channels and unsafe pointers.
func compareKeys(a, b reflect.Value) int {
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

// compareDynamic compares interface values: nil first, then by type, then by value.
func compareDynamic(a, b reflect.Value) int {
	if a.IsNil() || b.IsNil() {
		return boolInt(!a.IsNil()) - boolInt(!b.IsNil())
	}
	a, b = a.Elem(), b.Elem()
	if a.Type() != b.Type() {
		return cmp.Or(cmp.Compare(a.Type().PkgPath(), b.Type().PkgPath()),
			cmp.Compare(a.Type().String(), b.Type().String()))
	}
	return compareKeys(a, b)
}

// compareParts compares structs by their fields and arrays by their elements, the first ones first.
func compareParts(a, b reflect.Value) int {
	n, part := 0, reflect.Value.Index
	if a.Kind() == reflect.Struct {
		n, part = a.NumField(), reflect.Value.Field
	} else {
		n = a.Len()
	}
	for i := range n {
		if c := compareKeys(part(a, i), part(b, i)); c != 0 {
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
