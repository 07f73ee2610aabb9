package home

import (
	"context"
	"os"
	"os/signal"
	"reflect"
)

// Merge receives from all channels, by reflect.Select, until all are closed.
func Merge[T any](channels ...chan T) (all []T) {
	var cases []reflect.SelectCase
	for _, c := range channels {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c)})
	}
	for open := len(cases); open > 0; {
		i, v, ok := reflect.Select(cases)
		if !ok {
			cases[i].Chan = reflect.Value{}
			open--
			continue
		}
		all = append(all, v.Interface().(T))
	}
	return all
}

// UntilInterrupt calls f with a context that an interrupt ends, beside a goroutine that waits for
// hangups.
func UntilInterrupt(f func(ctx context.Context)) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, os.Interrupt)
	go func() {
		for range hangups {
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	f(ctx)
}
