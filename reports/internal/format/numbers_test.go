package format

import (
	"math"
	"testing"
)

func TestFormats(t *testing.T) {
	for got, want := range map[string]string{
		Value(12.34e-6, "sec/op"):     "12.34µs",
		Value(12.34e-6, "cpu-sec/op"): "12.34µs",
		Value(24, "B/op"):             "24B",
		Value(2048, "B/op"):           "2.000KiB",
		Value(1.327e9, "B/s"):         "1.236GiB/s",
		Value(0, "allocs/op"):         "0",
		Value(0.5, "allocs/op"):       "0.5",
		Value(999.96, "jain"):         "1000",
		Value(0.0005, "vcsw/op"):      "500.0µ",
		Value(1.7e299, "sec/op"):      "1.7e+299s", // of 1.7e308 ns/op
		Value(-2e21, "drift"):         "-2e+21",
		Value(5e-17, "sec/op"):        "5e-17s",
		Value(3e-310, "B/op"):         "3e-310B",
		Value(1e-10, "sec/op"):        "0.1000ns",
		Value(1.09e8, "sec/op"):       "109.0Ms",
		Value(math.NaN(), "sec/op"):   "–",
		Value(math.Inf(-1), "sec/op"): "−∞",
		Ratio(1.004):                  "1.00",
		Ratio(9.999):                  "10.0",
		Ratio(1234.5):                 "1234",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTickText(t *testing.T) {
	for _, test := range []struct {
		v          float64
		unit, want string
	}{
		{1e-5, "sec/op", "10µs"}, {1.5e-3, "sec", "1.5ms"}, {2e-7, "acquire-p50-sec", "200ns"},
		{0, "sec/op", "0s"}, {1, "sec/op", "1s"}, {2.5, "B/op", "2.5B"}, {2 << 20, "B/op", "2MiB"},
		{1e6, "ops/s", "1M"}, {1500, "ops/s", "1.5k"}, {0.25, "jain", "0.25"}, {-3, "drift", "-3"},
	} {
		if got := Axis(test.v, test.unit); got != test.want {
			t.Errorf("tickText(%v, %s) = %s, want %s", test.v, test.unit, got, test.want)
		}
	}
}
