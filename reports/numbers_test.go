package reports

import (
	"math"
	"testing"
)

func TestFormats(t *testing.T) {
	for got, want := range map[string]string{
		valueText(12.34e-6, "sec/op"):     "12.34µs",
		valueText(12.34e-6, "cpu-sec/op"): "12.34µs",
		valueText(24, "B/op"):             "24B",
		valueText(2048, "B/op"):           "2.000KiB",
		valueText(1.327e9, "B/s"):         "1.236GiB/s",
		valueText(0, "allocs/op"):         "0",
		valueText(0.5, "allocs/op"):       "0.5",
		valueText(999.96, "jain"):         "1000",
		valueText(0.0005, "vcsw/op"):      "500.0µ",
		valueText(math.NaN(), "sec/op"):   "–",
		valueText(math.Inf(-1), "sec/op"): "−∞",
		ratioText(1.004):                  "1.00",
		ratioText(9.999):                  "10.0",
		ratioText(1234.5):                 "1234",
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
		if got := axisText(test.v, test.unit); got != test.want {
			t.Errorf("tickText(%v, %s) = %s, want %s", test.v, test.unit, got, test.want)
		}
	}
}
