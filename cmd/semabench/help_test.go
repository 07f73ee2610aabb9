package main

import (
	"runtime"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/exitcode"
)

func TestVersion(t *testing.T) {
	for _, arg := range []string{"version", "--version", "-version"} {
		code, stdout, stderr := command(t, "", arg)
		if code != exitcode.OK || stderr != "" {
			t.Errorf("%s exits %d and prints %q on standard error", arg, code, stderr)
		}
		mustContain(t, arg, stdout, "semabench (devel)\n", "\ncommit ", runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	}
}

// help VERB prints what VERB -h prints, and refuses what is no verb.
func TestHelpOnAVerb(t *testing.T) {
	for _, v := range verbs {
		code, stdout, stderr := command(t, "", "help", v.name)
		_, want, _ := command(t, "", v.name, "-h")
		if code != exitcode.OK || stdout != want || !strings.HasPrefix(stdout, "usage: semabench "+v.name) || stderr != "" {
			t.Errorf("help %s exits %d and prints %q, %q", v.name, code, stdout, stderr)
		}
	}
	mustRefuse(t, []string{"help", "walk"}, `unknown verb "walk"`)
}

// A slip of the keyboard gets a question, and a word that is like none of the names gets none.
func TestDidYouMean(t *testing.T) {
	mustRefuse(t, []string{"reprot"}, `unknown verb "reprot" (did you mean report?)`)
	mustRefuse(t, []string{"stres"}, "(did you mean stress?)")
	mustRefuse(t, []string{"report", "-fromat", "text", "x"}, "unknown flag -fromat (did you mean -format?)", "semabench report -h")
	mustRefuse(t, []string{"run", "--sample", "3"}, "unknown flag -sample (did you mean -samples?)")
	for _, args := range [][]string{{"walk"}, {"ru"}, {"samples"}, {"run", "-warp"}, {"report", "-x"}} {
		_, _, stderr := command(t, "", args...)
		if strings.Contains(stderr, "did you mean") {
			t.Errorf("%q: %s", args, stderr)
		}
	}
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"gate", "", 4}, {"gate", "gate", 0}, {"gtae", "gate", 1}, {"gat", "gate", 1}, {"gates", "gate", 1}, {"late", "gate", 1}, {"run", "nur", 2}} {
		if got := edits(test.a, test.b); got != test.want {
			t.Errorf("edits(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
