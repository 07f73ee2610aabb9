// Command suites explores the tests of concurrency packages, unmodified, and writes a table of what
// came of it. The versions are those in go.mod.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/semabench/semabench/stress/explore"
)

func main() {
	schedules := flag.Int("schedules", 200, "of each test at most")
	limit := flag.Duration("time", 5*time.Second, "for each test at most")
	race := flag.Bool("race", false, "watch every schedule by the race detector")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, p := range flag.Args() {
		s := explore.Suite{Package: p, Race: *race, Options: explore.Options{Schedules: *schedules, Time: *limit},
			Told: func(t explore.SuiteTest) {
				fmt.Printf("%s %s: %s %d complete=%v left=%d skipped=%v %v %q\n", p, t.Name, t.Verdict, t.Schedules, t.Complete, t.Left, t.Skipped, t.Took, cmp.Or(t.What, t.Text))
				if t.Verdict == "fail" {
					fmt.Println(t.Text)
				}
			}}
		if _, err := s.Explore(ctx); err != nil {
			fmt.Println(p, err)
		}
	}
}
