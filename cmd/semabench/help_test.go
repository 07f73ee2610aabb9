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

// A time without a unit, and a time that measures nothing.
func TestTimes(t *testing.T) {
	mustRefuse(t, []string{"run", "-benchtime", "5"}, `invalid value "5" for flag -benchtime: want a number with a unit, such as 300ms`)
	mustRefuse(t, []string{"run", "-benchtime", "0s"}, "-benchtime 0: want a time above 0")
	mustRefuse(t, []string{"stress", "-time", "1 h"}, "for flag -time: want a number with a unit")
	mustRefuse(t, []string{"version", "extra"}, `unexpected argument "extra"`)
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
	mustRefuse(t, []string{"--vesion"}, "(did you mean --version?)")
	mustRefuse(t, []string{"completion", "fihs"}, "(did you mean fish?)")
	mustRefuse(t, []string{"run", "-workload", "cpu,contendet"}, `unknown workload "contendet" (did you mean contended?)`)
	mustRefuse(t, []string{"run", "-require", "fiffo"}, "(did you mean fifo?)")
	mustRefuse(t, []string{"report", "-format", "htm", "missing"}, "(did you mean html?)")
	mustRefuse(t, []string{"report", "-color", "allways", "x"}, "(did you mean always?)")
	mustRefuse(t, []string{"gate", "-format", "jsn", "-old", ".", "-new", ".", "."}, "(did you mean json?)")
	mustRefuse(t, []string{"history", "-format", "markdwon", t.TempDir()}, "(did you mean markdown?)")
	mustRefuse(t, []string{"parallel", "-process", "sltos"}, "(did you mean slots?)")
	for _, args := range [][]string{{"walk"}, {"ru"}, {"samples"}, {"run", "-warp"}, {"report", "-x"}} {
		_, _, stderr := command(t, "", args...)
		if strings.Contains(stderr, "did you mean") {
			t.Errorf("%q: %s", args, stderr)
		}
	}
}
