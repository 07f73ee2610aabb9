package task

import (
	"fmt"
	"strconv"
	"strings"
)

// maxShards bounds the number of shards: an exploration has some tens of lanes to share out.
const maxShards = 1000

// ParseShard returns the two numbers of a shard such as "2/3". No shard at all is the only one of one.
func ParseShard(shard string) (nth, of int, err error) {
	if shard == "" {
		return 1, 1, nil
	}
	left, right, ok := strings.Cut(shard, "/")
	nth, err1 := strconv.Atoi(left)
	of, err2 := strconv.Atoi(right)
	if !ok || err1 != nil || err2 != nil || nth < 1 || of < nth || of > maxShards {
		return 0, 0, fmt.Errorf("shard %q: want i/n, as in 2/3, with i from 1 to n and n up to %d", shard, maxShards)
	}
	return nth, of, nil
}
