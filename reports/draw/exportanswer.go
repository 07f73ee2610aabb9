package draw

import "github.com/semabench/semabench/reports/compare"

// An ExportAnswer says for programs which column to use for the work of one table. The fields are
// those of [compare.Answer]; a list that does not apply is empty and never null.
//
// Text is the sentence of the other outputs. A program should not parse it: it is there for a bot
// that passes the answer on.
type ExportAnswer struct {
	Table string       `json:"table"`
	Text  string       `json:"text"`
	Use   []string     `json:"use"`
	Open  []string     `json:"open"`
	Even  bool         `json:"even"` // no column is worse than another by more than 5 %
	Why   string       `json:"why"`  // why there is no answer
	Rows  []ExportPick `json:"rows"`

	Safest string `json:"safest"`
	Worst  Number `json:"worst"` // the greatest ratio of the safest column to the best of a row

	Prices []ExportPrice `json:"prices"`
	Unfit  *ExportUnfit  `json:"unfit"` // the best column that lacks a need, if it would save much
}

// An ExportPick is one row with the columns that serve it.
type ExportPick struct {
	Row  string   `json:"row"`
	Use  []string `json:"use"`
	Open []string `json:"open"`
}

// An ExportPrice is a unit in which a recommended column is worse than the best of a row.
type ExportPrice struct {
	Column string `json:"column"`
	Unit   string `json:"unit"`
	Row    string `json:"row"`
	Times  Number `json:"times"`
	Value  Number `json:"value"`
	Best   Number `json:"best"`
}

// An ExportUnfit is a column that is better than the recommended one and lacks a need.
type ExportUnfit struct {
	Column  string   `json:"column"`
	Unit    string   `json:"unit"`
	Row     string   `json:"row"`
	Times   Number   `json:"times"`
	Value   Number   `json:"value"`
	Instead Number   `json:"instead"`
	But     []string `json:"but"`
}

// exportAnswers returns the answers of c. A single column has none.
func exportAnswers(c *compare.Comparison) []ExportAnswer {
	list := []ExportAnswer{}
	whole := func(s []string) []string { return append([]string{}, s...) }
	for _, a := range c.Answers() {
		e := ExportAnswer{Table: a.Table.Heading(), Text: a.String(), Use: whole(a.Use), Open: whole(a.Open),
			Even: a.Even, Why: a.Why, Rows: []ExportPick{}, Safest: a.Safest, Worst: orNaN(a.Worst),
			Prices: []ExportPrice{}}
		for _, p := range a.Rows {
			e.Rows = append(e.Rows, ExportPick{p.Row.Name, whole(p.Best), whole(p.Open)})
		}
		for _, p := range a.Prices {
			e.Prices = append(e.Prices, ExportPrice{p.Col, p.Unit, p.Row.Name, Number(p.Times), Number(p.Value),
				Number(p.Best)})
		}
		if u := a.Unfit; u != nil {
			e.Unfit = &ExportUnfit{u.Col, u.Unit, u.Row.Name, Number(u.Times), Number(u.Value), Number(u.Instead),
				whole(u.But)}
		}
		list = append(list, e)
	}
	return list
}
