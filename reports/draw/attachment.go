package draw

// An Attachment is a table for the page that no benchmark measured: what was promised, what was
// proved, what a build consists of. All its texts are shown as they are.
type Attachment struct {
	Title string
	Intro string // a sentence or two; may be empty
	Cols  []string
	Rows  [][]Remark // the first of each row is its name
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
	Good                  // shown to be as it should be
	Bad                   // shown not to be
	Undecided             // not shown either way; never to be taken for Good
)

// Class is that of the page's style.
func (t Tone) Class() string {
	return [...]string{"plain", "good", "bad", "unknown"}[t]
}

// Sign says the same to those who see no colors.
func (t Tone) Sign() string { return [...]string{"", "✓", "✗", "?"}[t] }

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
