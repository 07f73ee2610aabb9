package task

import (
	"errors"
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

// checkShard returns an error if the options of shards contradict each other.
//
// A shard without a file is an error: it would play for minutes, and then nothing could be joined.
func (o Options) checkShard() error {
	_, _, err := ParseShard(o.Shard)
	switch {
	case o.Join != "" && (o.Shard != "" || o.ShardFile != ""):
		return errors.New("-explore.join plays nothing: leave out -explore.shard and -explore.shardfile")
	case o.Join != "" && o.Schedule != "", o.Shard != "" && o.Schedule != "":
		return errors.New("one schedule has no shards: leave out -explore.schedule")
	case (o.Shard == "") != (o.ShardFile == ""):
		return errors.New("-explore.shard=i/n and -explore.shardfile=FILE need each other: the file is what " +
			"-explore.join reads")
	}
	return err
}
