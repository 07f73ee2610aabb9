package draw

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

// hostileTexts are the strings that need quotes or escapes in CSV, in JSON, or in both.
var hostileTexts = []string{
	"", "plain", "a,b", `a "quoted" word`, " leading", "\u00a0leading", "two\nlines", "cr\rhere",
	`\.`, `back\slash`, "tab\there", "<b>&amp;", "µs", "\u2028", "\x00\x1f", "\xff not UTF-8", "日本",
}

// TestCellsAsTheStandardLibraryWritesThem compares the hand-made encoders with encoding/json and
// encoding/csv. Every field of the cell gets a value of its own, so a forgotten field shows.
func TestCellsAsTheStandardLibraryWritesThem(t *testing.T) {
	for i, text := range hostileTexts {
		e := filledCell(text, float64(i)+0.1)
		want, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(e.appendJSON(nil)); got != string(want) {
			t.Errorf("%q as JSON: got\n%s\nwant\n%s", text, got, want)
		}
		checkCSV(t, e)
	}
	unknown := filledCell("cell", math.NaN())
	unknown.Values, unknown.High = nil, Number(math.Inf(1))
	want, err := json.Marshal(unknown)
	if got := string(unknown.appendJSON(nil)); err != nil || got != string(want) {
		t.Errorf("unknown figures: got\n%s\nwant\n%s (%v)", got, want, err)
	}
}

// checkCSV checks the line of e against csv.Writer, which gets the same fields as text.
func checkCSV(t *testing.T, e ExportCell) {
	t.Helper()
	fields := []string{"cell"}
	value := reflect.ValueOf(e)
	for i := range value.NumField() {
		switch v := value.Field(i).Interface().(type) {
		case string:
			fields = append(fields, v)
		case []float64: // appended by Export.CSV
		default:
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			fields = append(fields, strings.ReplaceAll(string(text), "null", ""))
		}
	}
	var want bytes.Buffer
	w := csv.NewWriter(&want)
	if err := w.Write(fields); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	if got := string(e.appendCSV(nil)) + "\n"; got != want.String() {
		t.Errorf("as CSV: got\n%swant\n%s", got, want.String())
	}
}

// filledCell returns a cell whose texts are text, and whose figures grow from first.
func filledCell(text string, first float64) ExportCell {
	var e ExportCell
	value := reflect.ValueOf(&e).Elem()
	for i := range value.NumField() {
		switch f := value.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(text)
		case reflect.Float64:
			f.SetFloat(first + float64(i))
		case reflect.Int:
			f.SetInt(int64(i))
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Slice:
			f.Set(reflect.ValueOf([]float64{first, 1e-9, 1e21}))
		}
	}
	return e
}
