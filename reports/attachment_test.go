package reports_test

import "github.com/semabench/semabench/reports"

// attached has a table of verdicts, with names from strangers in it.
var attached = reports.Page{Attachments: []reports.Attachment{{
	Title: "Proofs <&>",
	Intro: "What each implementation was shown to keep.",
	Cols:  []string{"clause", "a", "<script>alert(1)</script>"},
	Rows: [][]reports.Remark{
		{{Text: "try never waits"}, {"pass", reports.Good}, {"FAIL: </table>", reports.Bad}},
		{{Text: "fifo"}, {"not promised", reports.Neutral}, {"2 of 7 runs", reports.Undecided}},
	},
}}}
