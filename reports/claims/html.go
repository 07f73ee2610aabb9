package claims

import (
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/reports"
)

//go:embed page.html.tmpl page.css
var assets embed.FS

// A package variable, so that a template that does not parse fails every test.
var pageTemplate = page.Parse(assets, "page.html.tmpl")

// A pageData is the data of the page's template, which escapes it.
type pageData struct {
	Title    string
	Head     page.Head
	State    string // the CSS class of the banner: good, warn or bad
	Banner   []string
	Facts    []reports.Fact
	Claims   []pageClaim
	CostHead []string
	Costs    []costGroup
	Rule     string // which samples counted as disturbed
	Commands []string
}

// A pageClaim is a claim with its remarks and pictures.
type pageClaim struct {
	*Claim
	Class    string
	Number   int
	Join     string
	Remarks  []string
	Pictures []pagePicture
}

// A pagePicture is a picture as a data URL: a page must not load anything.
type pagePicture struct {
	Alt    string
	URL    template.URL
	Narrow template.Srcset // one address; as a template.URL it would lose its comma in this place
}

// A costGroup is the rows of one work in the table of costs.
type costGroup struct {
	Work string
	Rows [][]valueText
}

// classes are the CSS classes of the outcomes. Colours only repeat what the words say.
var classes = map[Outcome]string{
	Holds:        "holds",
	HoldsWhen:    "when",
	Fails:        "fails",
	Undecided:    "open",
	Unmeasurable: "open",
}

// WriteHTML writes r as one page that loads nothing: it has no scripts, and its content security
// policy forbids requests. It follows the light or dark theme of the reader, and prints.
func (r *Report) WriteHTML(w io.Writer) error {
	p, err := r.pageData()
	if err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	if err := page.Write(w, pageTemplate, "page.html.tmpl", p); err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	return nil
}

// pageData collects the texts of the page. The template escapes them. The banner shows the worst of
// what was found: checksums that differ make all comparisons void.
//
// Everything that comes from the text or from the caller goes through printable first. The
// template escapes markup, but not control characters and not a name of a megabyte.
func (r *Report) pageData() (*pageData, error) {
	pictures, err := r.Pictures()
	if err != nil {
		return nil, err
	}
	p := &pageData{
		Title: title,
		Head:  page.Head{Title: title, Style: page.Asset(assets, "page.css"), DataImages: true},
		State: "good", Banner: []string{r.checksums(), r.noise()}, Rule: r.Rule,
	}
	if r.Totals.Disturbed > 0 || r.Warnings != nil {
		p.State = "warn"
	}
	if r.Differing != nil {
		p.State = "bad"
	}
	for _, s := range r.Commands {
		p.Commands = append(p.Commands, printable(s))
	}
	for _, s := range r.Warnings {
		p.Banner = append(p.Banner, printable(s))
	}
	for _, f := range r.Facts {
		p.Facts = append(p.Facts, reports.Fact{Key: printable(f.Key), Value: printable(f.Value)})
	}
	for i, c := range r.Claims {
		p.Claims = append(p.Claims, r.pageClaim(c, i+1, pictures))
	}
	p.addCosts(r)
	return p, nil
}

// pageClaim collects the remarks and the pictures of one claim. Pictures are data URLs, since the
// page may load nothing; base64 makes them a third larger.
func (r *Report) pageClaim(c *Claim, number int, pictures []Picture) pageClaim {
	shownClaim := pageClaim{Claim: c, Class: classes[c.Outcome], Number: number, Join: c.between(),
		Remarks: r.remarksOn(c)}
	for _, pic := range pictures {
		if pic.ClaimID == c.ID {
			shownClaim.Pictures = append(shownClaim.Pictures, pagePicture{pic.Alt, dataURL(pic.SVG), template.Srcset(dataURL(pic.Narrow))})
		}
	}
	return shownClaim
}

// dataURL returns an address that holds the picture itself.
func dataURL(svg []byte) template.URL {
	return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg))
}

// addCosts groups the costs by work, so that the table names each work once. costRows has the rows
// of one work together.
//
// Comparing with the last group is enough, because costs are ordered by work.
func (p *pageData) addCosts(r *Report) {
	head, rows := r.costRows()
	p.CostHead = head[1:]
	for _, row := range rows {
		if n := len(p.Costs); n == 0 || p.Costs[n-1].Work != row[0].Value {
			p.Costs = append(p.Costs, costGroup{Work: row[0].Value})
		}
		last := &p.Costs[len(p.Costs)-1]
		last.Rows = append(last.Rows, row[1:])
	}
}
