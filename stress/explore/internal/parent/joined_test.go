package parent

import (
	"hash/fnv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// uneven answers the tasks of a made-up program whose tree has parts of different sizes. The answer
// depends on the name of the task alone. One task in failing fails; 0 means none.
func uneven(failing uint32) func(task.Task) *task.Answer {
	return func(t task.Task) *task.Answer {
		h := fnv.New32a()
		h.Write([]byte(t.Name))
		n := h.Sum32()
		a := &task.Answer{ID: t.ID, Sums: task.Sums{Played: 1 + int(n%97), Pruned: int(n % 7), Classes: int(n % 97)}}
		if failing > 0 && n/97%failing == 0 {
			a.Found = &task.Finding{What: t.Name, Schedule: "x", Nth: 1 + int(n%97), Strategy: t.Strategy}
		}
		if t.Part != nil && a.Found == nil && t.Age < 4+int(n%3) {
			forks := make([]strategy.Fork, 1+n%5)
			for i := range forks {
				forks[i].Ways = []int{0, 1}
			}
			a.Rest = &strategy.Part{Forks: forks}
		}
		return a
	}
}

// shardOf plays one shard and returns its record.
func shardOf(o task.Options, shard string, programs int, seed uint64, answer func(task.Task) *task.Answer) *shardRecord {
	o.Shard = shard
	_, d := playWith(o, programs, 1+int(seed%4), seed, answer)
	r := &shardRecord{Shard: shard, Answers: d.shards.answers}
	e := d.exploration(make([]string, programs), false)
	if r.Result = e.Result(); d.found != nil {
		r.Result = &verdict.Result{
			Verdict: verdict.Fail, What: d.found.What, Strategy: d.found.Strategy, Schedules: d.found.Nth,
			Text: verdict.Found(d.found.Nth, d.found.Strategy, o.Seed),
		}
	}
	return r
}

// The shards of an exploration join to the result of one process: verdict, counts and failure. How
// many shards there are, and how many processes each has, changes nothing.
func TestShardsJoinToTheWhole(t *testing.T) {
	failures, passes := 0, 0
	for name, o := range map[string]task.Options{
		"default": {Schedules: task.NoBound}, "dpor": {Schedules: task.NoBound, Strategy: "dpor"},
		"bounded": {Schedules: 700}, "random": {Schedules: 4000, Strategy: "random"},
	} {
		o.Time, o.Seed = time.Hour, 1
		for _, programs := range []int{1, 3, 20} {
			for _, failing := range []uint32{0, 150, 12} {
				_, d := playWith(o, programs, 1, 0, uneven(failing))
				want := d.exploration(make([]string, programs), false).Result()
				if d.found != nil {
					want.Verdict, want.Bound, want.What, want.Schedules = verdict.Fail, "", d.found.What, d.found.Nth
					want.Text = verdict.Found(d.found.Nth, d.found.Strategy, 1)
					failures++
				} else {
					passes++
				}
				for _, n := range []string{"1", "2", "5"} {
					j := &joined{}
					for i := '1'; i <= rune(n[0]); i++ {
						j.shards = append(j.shards, shardOf(o, string(i)+"/"+n, programs, uint64(i), uneven(failing)))
					}
					got := j.result(o, make([]string, programs))
					if got.Verdict == verdict.Fail && want.Verdict == verdict.Unknown && want.Bound == verdict.BoundSchedules {
						continue // a shard has played more than the bound leaves to one process
					}
					if got.Verdict != want.Verdict || got.What != want.What || got.Schedules != want.Schedules ||
						got.Pruned != want.Pruned || got.Text != want.Text || got.Bound != want.Bound {
						t.Errorf("%s, %d programs, failing %d, %s shards:\n%+v\nwant\n%+v", name, programs, failing, n, got, want)
					}
				}
			}
		}
	}
	if failures < 10 || passes < 10 {
		t.Errorf("%d explorations failed and %d did not: want some of both", failures, passes)
	}
}

// Each task outside of lane 0 is played by one shard, and each shard has some.
func TestLanesArePartsOfAll(t *testing.T) {
	o := task.Options{Schedules: task.NoBound, Time: time.Hour}
	for _, programs := range []int{1, 20} {
		played := map[string]int{}
		for _, shard := range []string{"1/3", "2/3", "3/3"} {
			o.Shard = shard
			tasks, _ := playWith(o, programs, 2, 1, uneven(0))
			own := 0
			for _, k := range tasks {
				if k.Lane > 0 {
					played[k.Name]++
					own++
				}
			}
			if own < 10 {
				t.Errorf("%d programs: shard %s plays %d tasks", programs, shard, own)
			}
		}
		for name, n := range played {
			if n != 1 {
				t.Errorf("%d programs: %s is played by %d shards", programs, name, n)
			}
		}
	}
}

// A shard that is missing, late, or of another program leaves the joined result unknown, although no
// schedule failed. A failure stands.
func TestUnknownJoined(t *testing.T) {
	o := task.Options{Schedules: task.NoBound, Time: time.Hour, Seed: 1}
	shards := func(failing uint32) (all []*shardRecord) {
		for _, s := range []string{"1/2", "2/2"} {
			all = append(all, shardOf(o, s, 1, 1, uneven(failing)))
		}
		return all
	}
	late := shards(0)
	for name := range late[1].Answers {
		if strings.HasPrefix(name, "tree 2.") {
			delete(late[1].Answers, name) // the time was over before
		}
	}
	other := shards(0)
	changed := other[1].Answers["tree 0.0"]
	changed.Sums.Played++
	other[1].Answers["tree 0.0"] = changed
	interrupted := shards(0)
	interrupted[0].Interrupted = true
	for name, c := range map[string]struct {
		joined
		verdict verdict.Verdict
		text    string
	}{
		"all":         {joined{shards: shards(0)}, verdict.Pass, "complete"},
		"missing":     {joined{shards: shards(0)[:1], lost: []string{"2/2"}}, verdict.Unknown, "no file of -explore.join has shard 2/2"},
		"late":        {joined{shards: late}, verdict.Unknown, "before it had played its share"},
		"other":       {joined{shards: other}, verdict.Unknown, "not of one program"},
		"interrupted": {joined{shards: interrupted}, verdict.Unknown, "interrupted"},
	} {
		if r := c.result(o, []string{""}); r.Verdict != c.verdict || !strings.Contains(r.Text, c.text) {
			t.Errorf("%s: %s, want %s: %s", name, r.Verdict, c.verdict, r.Text)
		}
	}
	failing := slices.DeleteFunc(shards(12), func(r *shardRecord) bool { return r.Result.Verdict != verdict.Fail })
	j := joined{shards: failing[:1], lost: []string{"the other"}}
	if r := j.result(o, []string{""}); r.Verdict != verdict.Fail || !strings.Contains(r.Text, "counts the shards that are there only") {
		t.Errorf("a failure without the other shard: %s: %s", r.Verdict, r.Text)
	}
}

// Files that do not belong together are an error, and so is a file that no shard wrote.
func TestReadShards(t *testing.T) {
	line := func(shard string) []byte {
		return []byte(`{"Test":"TestA","Call":1,"Nth":1,"Shard":"` + shard + `"}` + "\n")
	}
	for want, lines := range map[string][][]byte{
		"":                {line("1/2"), line("2/2")},
		"is there twice":  {line("1/2"), line("1/2")},
		"one of 2 shards": {line("1/2"), line("2/3")},
		"no file of a":    {[]byte("{}\n")},
		"cut off":         {line("1/2")[:20]},
	} {
		all, err := &shardRecords{records: map[explorationKey]map[int]*shardRecord{}}, error(nil)
		for _, l := range lines {
			if err == nil {
				err = all.add(l)
			}
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", lines, err, want)
		}
	}
	if _, err := readShards("/does/not/exist"); err == nil {
		t.Error("a file that is not there was read")
	}
}
