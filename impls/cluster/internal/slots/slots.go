// Package slots writes and reads lists of slots, as the engines store them.
//
// A slot is the number of a permit. A semaphore may have 65536 of them, so a list of numbers would
// make the value of a large grant hundreds of kilobytes. Permits are picked from the lowest free
// slot up, so most grants are one range. A bitmap would be shorter for scattered slots only, and
// nothing that a person can read in the keys of a server.
package slots

import (
	"slices"
	"strconv"
	"strings"
)

// Format writes ascending slots as ranges: "0-3,7".
func Format(slots []int64) string {
	var b strings.Builder
	for i := 0; i < len(slots); {
		j := i
		for j+1 < len(slots) && slots[j+1] == slots[j]+1 {
			j++
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(slots[i], 10))
		if j > i {
			b.WriteByte('-')
			b.WriteString(strconv.FormatInt(slots[j], 10))
		}
		i = j + 1
	}
	return b.String()
}

// Parse reads what Format writes of one slot or more, each below the limit. It refuses slots that
// do not ascend: a damaged value could otherwise name one slot twice, and count it twice. The limit
// also bounds the memory that a damaged value can ask for.
func Parse(text string, limit int64) (slots []int64, ok bool) {
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		lo, err := strconv.ParseUint(first, 10, 63) // no sign
		hi := lo
		if isRange && err == nil {
			hi, err = strconv.ParseUint(last, 10, 63)
		}
		if err != nil || int64(hi) >= limit || hi < lo || len(slots) > 0 && int64(lo) <= slots[len(slots)-1] {
			return nil, false
		}
		for s := lo; s <= hi; s++ {
			slots = append(slots, int64(s))
		}
	}
	return slices.Clip(slots), true
}
