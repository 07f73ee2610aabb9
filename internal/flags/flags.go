// Package flags has types of flags that several verbs share.
//
//	n := flags.Number(set, "ops", 0, 0, 1e18, "end after `N` operations")
//	procs := flags.Procs{runtime.GOMAXPROCS(0)}
//	set.Var(&procs, "procs", "values of GOMAXPROCS, a `list`")
package flags

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// number is a whole number in a range.
type number struct{ value, least, most uint64 }

// Number adds a flag for a whole number from least to most to f. The flag takes 1e8 as well as
// 100000000, because eight zeros are easily miscounted.
func Number(f *flag.FlagSet, name string, value, least, most uint64, usage string) *uint64 {
	n := &number{value, least, most}
	f.Var(n, name, usage)
	return &n.value
}

func (n *number) String() string { return strconv.FormatUint(n.value, 10) }

// Set leaves the name of the flag out of its error: package flag puts it in front.
func (n *number) Set(s string) error {
	value, err := parseWhole(s)
	if err != nil || value < n.least || value > n.most {
		return fmt.Errorf("want a whole number from %d to %d", n.least, n.most)
	}
	n.value = value
	return nil
}

func parseWhole(s string) (uint64, error) {
	value, err := strconv.ParseUint(s, 10, 64)
	if err == nil || !strings.ContainsAny(s, "eE") {
		return value, err
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, err
	}
	// A float64 from 2^63 on would not fit into the conversion on every platform. Below it each whole
	// value that is written as a power of ten converts exactly.
	if !(x >= 0 && x < 1<<63) || x != math.Trunc(x) {
		return 0, errors.New("not a whole number")
	}
	return uint64(x), nil
}

// mostProcs is far above the cores of any machine: with more Ps than cores the operating system
// preempts goroutines at places where the Go scheduler would not.
const mostProcs = 1024

// Procs is a list of values of GOMAXPROCS, separated by commas.
type Procs []int

// String returns the list as Set reads it.
func (p *Procs) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*p), " ", ","), "[]")
}

// Set replaces the list.
func (p *Procs) Set(s string) error {
	var all Procs
	for field := range strings.SplitSeq(s, ",") {
		procs, err := ParseProcs(strings.TrimSpace(field))
		if err != nil {
			return err
		}
		all = append(all, procs)
	}
	*p = all
	return nil
}

// ParseProcs reads one value of GOMAXPROCS, from 1 to 1024.
func ParseProcs(s string) (int, error) {
	procs, err := strconv.Atoi(s)
	if err != nil || procs < 1 || procs > mostProcs {
		return 0, fmt.Errorf("%q: want whole numbers from 1 to %d", s, mostProcs)
	}
	return procs, nil
}
