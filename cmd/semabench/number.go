package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A number is a flag for a whole number in a range. It takes 1e8 as well as 100000000, since
// nobody counts eight zeros right.
type number struct{ value, min, max uint64 }

// number adds such a flag. Package flag names it in the error of Set.
func (f *flagSet) number(name string, value, least, most uint64, usage string) *uint64 {
	n := &number{value, least, most}
	f.Var(n, name, usage)
	return &n.value
}

func (n *number) String() string { return strconv.FormatUint(n.value, 10) }

func (n *number) Set(s string) error {
	value, err := parseWhole(s)
	if err != nil || value < n.min || value > n.max {
		return fmt.Errorf("want a whole number from %d to %d", n.min, n.max)
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
	// 2^63 is where the conversion would stop to be safe; what is asked for in powers of ten
	// and is whole below it is exact.
	if !(x >= 0 && x < 1<<63) || x != math.Trunc(x) {
		return 0, errors.New("not a whole number")
	}
	return uint64(x), nil
}

// maxProcs is far above any machine: more Ps than cores is a way to be preempted elsewhere.
const maxProcs = 1024

// procsList is a flag for values of GOMAXPROCS.
type procsList []int

func (p *procsList) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*p), " ", ","), "[]")
}

func (p *procsList) Set(s string) error {
	var all procsList
	for field := range strings.SplitSeq(s, ",") {
		procs, err := parseProcs(strings.TrimSpace(field))
		if err != nil {
			return err
		}
		all = append(all, procs)
	}
	*p = all
	return nil
}

func parseProcs(s string) (int, error) {
	procs, err := strconv.Atoi(s)
	if err != nil || procs < 1 || procs > maxProcs {
		return 0, fmt.Errorf("%q: want whole numbers from 1 to %d", s, maxProcs)
	}
	return procs, nil
}
