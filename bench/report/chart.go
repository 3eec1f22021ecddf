package report

import (
	"fmt"
	"html"
	"strings"
)

// Dimensions of the chart, in pixels.
const (
	chartWidth = 860
	barLeft    = 300
	barRight   = 760
	barHeight  = 18
	barStep    = 24
	titleStep  = 40
)

// Chart returns the medians as an SVG: a group of bars for each workload, each group
// with its own scale.
func (r Report) Chart() string {
	var body strings.Builder
	y := 12
	for _, w := range r.Workloads {
		longest := w.longest()
		if longest == 0 {
			continue
		}
		y += titleStep - barStep + barHeight
		fmt.Fprintf(&body, "  <text x=\"20\" y=\"%d\" fill=\"#222\" font-weight=\"600\">%s</text>\n", y, html.EscapeString(w.Title))
		y += 10
		first := true
		for _, result := range w.Results {
			if result.Wall() == 0 {
				continue
			}
			fill := "#b9c4d3"
			if first {
				fill, first = "#4a6fa5", false // the subject; the others are its references
			}
			width := max(1, int(float64(barRight-barLeft)*float64(result.Wall())/longest))
			fmt.Fprintf(&body, "  <text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"#444\">%s</text>\n", barLeft-8, y+13, html.EscapeString(result.Label))
			fmt.Fprintf(&body, "  <rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\" fill=\"%s\"/>\n", barLeft, y, width, barHeight, fill)
			fmt.Fprintf(&body, "  <text x=\"%d\" y=\"%d\" fill=\"#222\">%s</text>\n", barLeft+width+6, y+13, seconds(result.Wall()))
			y += barStep
		}
	}
	height := y + 20
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %[1]d %[2]d\" width=\"%[1]d\" height=\"%[2]d\" role=\"img\""+
		" aria-labelledby=\"title\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\">\n"+
		"  <title id=\"title\">Median times of each workload, next to its references</title>\n"+
		"  <rect width=\"%[1]d\" height=\"%[2]d\" rx=\"8\" fill=\"#fff\" stroke=\"#ddd\"/>\n%[3]s</svg>\n", chartWidth, height, body.String())
}

func (w Workload) longest() float64 {
	longest := 0.0
	for _, r := range w.Results {
		longest = max(longest, float64(r.Wall()))
	}
	return longest
}
