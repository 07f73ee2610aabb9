package parent

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// A shardRecord has the answers of one shard in one exploration. The file of a shard has a record as a line
// of JSON for each exploration.
type shardRecord struct {
	explorationKey
	Shard       string                // "2/3"
	Same        string                // see sameness
	Known       *verdict.Result       `json:",omitempty"` // the result, if it was known before the first task
	Answers     map[string]taskAnswer // by the name of the task
	Interrupted bool                  `json:",omitempty"`
	Result      *verdict.Result       // of this shard; it describes the failure that was found
}

// An explorationKey names an exploration of a process. Nth counts the explorations of one call, which
// may be several: explore.Semaphore has one for each batch of programs.
type explorationKey struct {
	Test      string
	Call, Nth int
}

// writeShard writes the record of this shard. It is written for every result: without a record, a shard whose
// exploration ended early would look like a shard that never began.
func (c *coordinator) writeShard(o task.Options, names []string, r *verdict.Result) error {
	same, err := sameness(o, names, c.exploration.detector())
	if err != nil {
		return err
	}
	record := &shardRecord{
		explorationKey: c.exploration.key(), Shard: o.Shard, Same: same, Known: c.known,
		Answers: c.tasks.shards.answers, Interrupted: r.Bound == verdict.BoundInterrupted, Result: r,
	}
	return record.write(o.ShardFile)
}

// explorations counts the explorations of this process that have a shard or join some.
var explorations struct {
	sync.Mutex
	of      map[explorationKey]int
	written map[string]bool // files of shards
}

// key returns the key of an exploration that begins.
func (e *Exploration) key() explorationKey {
	explorations.Lock()
	defer explorations.Unlock()
	if explorations.of == nil {
		explorations.of = map[explorationKey]int{}
	}
	k := explorationKey{Test: e.Test, Call: e.Call}
	explorations.of[k]++
	k.Nth = explorations.of[k]
	return k
}

// sameness returns a text that is equal for shards of one exploration: a hash of the programs, and of
// the options that decide which schedules are played. The time and the number of processes are left
// out, as they decide only how far a shard comes. The race detector is in it: shards without it show
// less than a joined result with it would say.
func sameness(o task.Options, names []string, detector bool) (string, error) {
	o.Time, o.Workers, o.Shard, o.ShardFile, o.Join = 0, 0, "", "", ""
	text, err := json.Marshal(struct {
		Options task.Options
		Names   []string
		Race    bool
	}{o, names, detector})
	return fmt.Sprintf("%x", sha256.Sum256(text)), err
}

// write appends the record to the file of the shard. The first record of a process replaces the file,
// which may be of an earlier run.
func (r *shardRecord) write(path string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	explorations.Lock()
	defer explorations.Unlock()
	if explorations.written == nil {
		explorations.written = map[string]bool{}
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if !explorations.written[path] {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o666)
	if err != nil {
		return fmt.Errorf("writing what a shard has played: %w", err)
	}
	explorations.written[path] = true
	_, err = f.Write(append(text, '\n'))
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// shardRecords are the records of some files, by exploration and by shard.
type shardRecords struct {
	of      int // the number of shards
	records map[explorationKey]map[int]*shardRecord
}

// readFiles are the files that this process has read, by the value of Options.Join: each exploration
// needs them.
var readFiles sync.Map

// readShards reads the files of shards, whose names are separated by commas. It returns an error if
// they do not belong together.
func readShards(join string) (*shardRecords, error) {
	read, _ := readFiles.LoadOrStore(join, sync.OnceValues(func() (*shardRecords, error) {
		all := &shardRecords{records: map[explorationKey]map[int]*shardRecord{}}
		for _, path := range strings.Split(join, ",") {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("-explore.join: %w", err)
			}
			for line := range bytes.Lines(text) {
				if err := all.add(line); err != nil {
					return nil, fmt.Errorf("-explore.join: %s: %w", path, err)
				}
			}
		}
		if all.of == 0 {
			return nil, fmt.Errorf("-explore.join=%s: no shard explored anything", join)
		}
		return all, nil
	}))
	return read.(func() (*shardRecords, error))()
}

// add adds a line of a file.
func (all *shardRecords) add(line []byte) error {
	r := &shardRecord{}
	if err := json.Unmarshal(line, r); err != nil {
		return fmt.Errorf("this is no file of a shard, or it is cut off: %w", err)
	}
	nth, of, err := task.ParseShard(r.Shard)
	switch {
	case err != nil || r.Shard == "":
		return fmt.Errorf("this is no file of a shard: a line has the shard %q", r.Shard)
	case all.of != 0 && of != all.of:
		return fmt.Errorf("it is of shard %s, and another file is of one of %d shards", r.Shard, all.of)
	case all.records[r.explorationKey][nth] != nil:
		return fmt.Errorf("shard %s of %s is there twice", r.Shard, r.Test)
	}
	all.of = of
	if all.records[r.explorationKey] == nil {
		all.records[r.explorationKey] = map[int]*shardRecord{}
	}
	all.records[r.explorationKey][nth] = r
	return nil
}
