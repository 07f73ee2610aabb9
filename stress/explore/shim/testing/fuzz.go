package testing

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// An F is the testing.F of one schedule. Fuzz calls its target with the seeds only, as go test does
// without the flag -fuzz: each seed is a subtest. New inputs would be other programs, and a schedule
// belongs to one program.
type F struct {
	*T
	seeds  []fuzzSeed
	fuzzed bool
}

// A fuzzSeed is the arguments of one call of the target, without the T.
type fuzzSeed struct {
	name   string
	values []any
}

// ExploreFuzz is Explore for a fuzz test. The wrapper of a fuzz test cannot have its name, because go
// test would want a testing.F for it, so the name comes as an argument.
func ExploreFuzz(t *testing.T, name string, body func(*F)) {
	t.Helper()
	Explore(t, func(t *T) {
		t.name = name // no other goroutine has t yet
		body(&F{T: t})
	})
}

// Add adds the arguments of one call to the seeds.
func (f *F) Add(args ...any) {
	f.seeds = append(f.seeds, fuzzSeed{fmt.Sprintf("seed#%d", len(f.seeds)), args})
}

// Fuzz calls the target with each seed: first the seeds of Add, and then the files in
// testdata/fuzz/FuzzX. The target is any function that go test takes, so it is called by reflection.
func (f *F) Fuzz(target any) {
	if f.fuzzed {
		panic("testing: F.Fuzz called more than once")
	}
	f.fuzzed = true
	if f.Failed() {
		return
	}
	call := reflect.ValueOf(target)
	if call.Kind() != reflect.Func {
		panic("testing: F.Fuzz must receive a function")
	}
	typ := call.Type()
	if typ.NumIn() < 2 || typ.In(0) != reflect.TypeFor[*T]() {
		panic("testing: fuzz target must receive at least two arguments, where the first argument is a *T")
	}
	files, err := seedFiles(filepath.Join("testdata", "fuzz", f.name))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range append(f.seeds, files...) {
		args, err := seed.arguments(typ)
		if err != nil {
			f.Fatal(err)
		}
		f.Run(seed.name, func(t *T) { call.Call(append([]reflect.Value{reflect.ValueOf(t)}, args...)) })
	}
}

// arguments returns the values of a seed as arguments of a target. They must have the types of its
// parameters exactly, as go test demands.
func (s fuzzSeed) arguments(target reflect.Type) (args []reflect.Value, err error) {
	if len(s.values) != target.NumIn()-1 {
		return nil, fmt.Errorf("%s: wrong number of values in corpus entry: %d, want %d", s.name,
			len(s.values), target.NumIn()-1)
	}
	for i, v := range s.values {
		if want := target.In(i + 1); reflect.TypeOf(v) != want {
			return nil, fmt.Errorf("%s: mismatched types in corpus entry: %T, want %v", s.name, v, want)
		}
		args = append(args, reflect.ValueOf(v))
	}
	return args, nil
}

// seedFiles reads the files of a fuzz test. A folder that does not exist has none. Reading them is no
// step: a test does not change its own seeds, and a step for each file would be for nothing.
func seedFiles(dir string) (seeds []fuzzSeed, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		values, err := parseSeed(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, entry.Name()), err)
		}
		seeds = append(seeds, fuzzSeed{entry.Name(), values})
	}
	return seeds, nil
}

// parseSeed parses a file of seeds: a line with its version, and a Go expression such as int(3) on
// each further line.
func parseSeed(text []byte) (values []any, err error) {
	version, rest, _ := bytes.Cut(text, []byte("\n"))
	if string(bytes.TrimSpace(version)) != "go test fuzz v1" {
		return nil, fmt.Errorf("the first line is %q, want the version “go test fuzz v1”", version)
	}
	for line := range strings.Lines(string(rest)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		v, err := parseValue(line)
		if err != nil {
			return nil, fmt.Errorf("malformed line %q: %w", line, err)
		}
		values = append(values, v)
	}
	return values, nil
}

// parseValue parses one expression: a conversion of a literal to a type that a target may have.
func parseValue(line string) (any, error) {
	typ, literal, ok := strings.Cut(line, "(")
	literal, closed := strings.CutSuffix(literal, ")")
	if !ok || !closed {
		return nil, fmt.Errorf("want a value such as int(3)")
	}
	switch typ {
	case "string", "[]byte":
		s, err := strconv.Unquote(literal)
		if typ == "[]byte" {
			return []byte(s), err
		}
		return s, err
	case "bool":
		return strconv.ParseBool(literal)
	case "math.Float32frombits":
		bits, err := strconv.ParseUint(literal, 0, 32)
		return math.Float32frombits(uint32(bits)), err
	case "math.Float64frombits":
		bits, err := strconv.ParseUint(literal, 0, 64)
		return math.Float64frombits(bits), err
	}
	zero, ok := numbers[typ]
	if !ok {
		return nil, fmt.Errorf("no parameter of a fuzz target has the type %s", typ)
	}
	return parseNumber(reflect.TypeOf(zero), literal)
}

// numbers has a value of each type of numbers, by its name in a file of seeds.
var numbers = map[string]any{
	"int": int(0), "int8": int8(0), "int16": int16(0), "int32": int32(0), "int64": int64(0), "rune": rune(0),
	"uint": uint(0), "uint8": uint8(0), "uint16": uint16(0), "uint32": uint32(0), "uint64": uint64(0),
	"byte": byte(0), "float32": float32(0), "float64": float64(0),
}

// parseNumber parses a literal of a type of numbers. A byte or a rune may be written as a character.
func parseNumber(typ reflect.Type, literal string) (any, error) {
	if char, ok := strings.CutPrefix(literal, "'"); ok { // a byte above 127 is written as a character, too
		code, _, end, err := strconv.UnquoteChar(char, '\'')
		if err != nil || end != "'" {
			return nil, fmt.Errorf("%s is no character", literal)
		}
		literal = strconv.Itoa(int(code))
	}
	v := reflect.New(typ).Elem()
	switch {
	case v.CanInt():
		n, err := strconv.ParseInt(literal, 0, typ.Bits())
		v.SetInt(n)
		return v.Interface(), err
	case v.CanUint():
		n, err := strconv.ParseUint(literal, 0, typ.Bits())
		v.SetUint(n)
		return v.Interface(), err
	}
	n, err := strconv.ParseFloat(literal, typ.Bits())
	v.SetFloat(n)
	return v.Interface(), err
}
