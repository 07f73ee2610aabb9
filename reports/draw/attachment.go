package draw

// An Attachment is a table on the page that no benchmark measured, such as proofs of a contract
// or the modules of a build. The page escapes its texts and shows them unchanged.
type Attachment struct {
	Title string
	Intro string // a sentence or two; may be empty
	Cols  []string
	Rows  [][]Remark // the first remark of each row is the name of the row
}

// A Remark is one cell of an [Attachment].
type Remark struct {
	Text string
	Tone Tone
}

// A Tone says how a reader should take a remark. The page shows it as a color and as a sign.
type Tone int

const (
	Neutral   Tone = iota // a fact
	Good                  // shown to be as promised
	Bad                   // shown not to be as promised
	Undecided             // not shown either way; never to be taken for Good
)

// Class returns the CSS class of t.
func (t Tone) Class() string {
	return [...]string{"plain", "good", "bad", "unknown"}[t]
}

// Sign returns a character for t, for readers that see no colors.
func (t Tone) Sign() string { return [...]string{"", "✓", "✗", "?"}[t] }

// attachmentParts renders each attachment as a section of the page. A note replaces an attachment
// that is too large.
func (a *pageBuilder) attachmentParts(list []Attachment) (parts []part) {
	for i, attached := range list {
		p := a.renderPart("attachment", attached)
		p.ID, p.Title, p.Intro = attachmentID(i), clipped(attached.Title), attached.Intro
		if p.Note != "" {
			p.Note = "Too large for this page."
		}
		parts = append(parts, p)
	}
	return parts
}

func attachmentID(i int) string { return "attached-" + tableID(i) }
