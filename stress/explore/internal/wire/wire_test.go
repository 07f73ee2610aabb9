package wire_test

import (
	"bufio"
	"bytes"
	"reflect"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/internal/wire"
)

// A reply is found among the output of a test, even behind a line that the test has not ended.
func TestRepliesAmongOutput(t *testing.T) {
	want := []wire.Reply{
		{Answer: &task.Answer{ID: 3, Found: &task.Finding{What: "leak", Schedule: "x2.1"}}},
		{Result: &verdict.Result{Verdict: verdict.Fail, What: "leak"}},
	}
	var stdout bytes.Buffer
	stdout.WriteString("output of the test, without an end of line")
	for _, r := range want {
		if err := wire.WriteReply(&stdout, r); err != nil {
			t.Fatal(err)
		}
		stdout.WriteString("more output\n")
	}
	var got []wire.Reply
	for lines := bufio.NewScanner(&stdout); lines.Scan(); {
		r, isReply, err := wire.ReadReply(lines.Bytes())
		if err != nil {
			t.Error(err)
		}
		if isReply {
			got = append(got, r)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, want %+v", got, want)
	}
}

// A reply that was cut off is an error, and no output of the test.
func TestBrokenReply(t *testing.T) {
	_, isReply, err := wire.ReadReply([]byte(`semabench-explore-reply:{"Answer":{`))
	if !isReply || err == nil {
		t.Errorf("reply: %v, error: %v; want a reply with an error", isReply, err)
	}
}
