package reports_test

import (
	"fmt"
	"strings"
	"testing"
)

const goTestHead = "goos: linux\ngoarch: amd64\npkg: example.com/%s\ncpu: One\n"

// runOf is the output of go test for a package, with eight samples around each of the times.
func runOf(pkg string, times ...float64) string {
	var b strings.Builder
	fmt.Fprintf(&b, goTestHead, pkg)
	for i, v := range times {
		b.WriteString(plain(fmt.Sprint("Row", i), v, i))
	}
	return b.String() + "PASS\nok  \texample.com/" + pkg + "\t1.2s\n"
}

func TestPooledSamplesAreNamed(t *testing.T) {
	for _, test := range []struct{ name, text, want, not string }{
		{"one run", runOf("a", 100, 200), "", "runs of go test"},
		{"two packages in one run", runOf("a", 100) + runOf("b", 200), "", "runs of go test"},
		{"two runs that agree", runOf("a", 100) + runOf("a", 101), "a.txt holds 2 runs of go test", "apart"},
		{"two runs that do not", runOf("a", 100) + runOf("a", 5000),
			"in 1 of 1 cell the samples are 10 times and more apart, most in Row0, 100.0ns to 5.024µs: perhaps because the runs",
			"quieter"},
		{"runs on two machines", runOf("a", 100) + strings.Replace(runOf("a", 101), "cpu: ", "cpu: another ", 1), "",
			"runs of go test"},
		{"a change during the run", samples("a", 1, 1, 1, 1, 20, 21, 20, 22),
			"(here from sample 5 on): something changed during the run", "quieter"},
		{"different work in each sample", samples("a", 1, 30, 2, 25, 1, 28, 2, 31),
			"either the benchmark does different work in each sample (contention, caches, a set-up), or something",
			"quieter"},
		{"noise", samples("a", 1, 2, 1, 2, 1, 2, 1, 2), "quieter", "apart"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := compare(t, "", test.text)
			got := strings.Join(append(c.Noise().Warnings, c.Notes...), "\n")
			if !strings.Contains(got, test.want) || strings.Contains(got, test.not) {
				t.Errorf("got\n%s\nwant %q and not %q", got, test.want, test.not)
			}
		})
	}
}
