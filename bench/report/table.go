package report

import (
	"fmt"
	"strings"
	"time"
)

// Fact is a line above the tables.
type Fact struct{ Name, Value string }

// Report has all results of a run of the benchmark.
type Report struct {
	Facts     []Fact
	Workloads []Workload
}

// Markdown returns the report as Markdown: a table for each workload, and a table of
// the claims.
func (r Report) Markdown() string {
	var b strings.Builder
	b.WriteString("# Measured\n\n")
	for _, f := range r.Facts {
		fmt.Fprintf(&b, "- %s: %s\n", f.Name, f.Value)
	}
	b.WriteString("\nTimes are medians. A ratio is a subject's time divided by that of the first subject. The lag is the time from a job's end to the" +
		" response that reported it: the median and the maximum, and the maximum relative to the job's run time. CPU is the CPU time of all" +
		" processes of the provider in one run, memory the peak memory of the largest of them.\n")
	for _, w := range r.Workloads {
		b.WriteString("\n" + w.table())
	}
	if kept := r.claims(); kept != "" {
		b.WriteString("\n## Claims\n\n" + kept)
	}
	return b.String()
}

func (w Workload) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", w.Title)
	b.WriteString("| | time | ratio | requests per job | lag after the end | connections | CPU | memory |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, r := range w.Results {
		if r.Skipped != "" {
			fmt.Fprintf(&b, "| %s | skipped: %s | | | | | | |\n", r.Label, r.Skipped)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", r.Label, seconds(r.Wall()), w.ratio(r),
			orDash(r.RequestsPerJob() > 0, "%.1f", r.RequestsPerJob()), r.lag(), orDash(r.Connections() > 0, "%d", r.Connections()),
			orDash(r.CPU() > 0, "%.2f s", r.CPU().Seconds()), orDash(r.Peak() > 0, "%.1f MB", float64(r.Peak())/1e6))
	}
	return b.String()
}

// ratio compares a result with the first result that was measured.
func (w Workload) ratio(r Result) string {
	for _, first := range w.Results {
		if first.Wall() > 0 {
			return fmt.Sprintf("%.2f", float64(r.Wall())/float64(first.Wall()))
		}
	}
	return "–"
}

func (r Result) lag() string {
	middle, most := r.Lag()
	if most == 0 {
		return "–"
	}
	text := fmt.Sprintf("%s, %s", milliseconds(middle), milliseconds(most))
	if r.Runs > 0 {
		text += fmt.Sprintf(" (%.1f %%)", 100*float64(most)/float64(r.Runs))
	}
	return text
}

func (r Report) claims() string {
	var b strings.Builder
	for _, w := range r.Workloads {
		for _, c := range w.Claims {
			outcome := "kept"
			if !c.Kept {
				outcome = "**not kept**"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", w.Title, c.Text, c.Measured, outcome)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "| workload | claim | measured | |\n|---|---|---|---|\n" + b.String()
}

func orDash(has bool, format string, value any) string {
	if !has {
		return "–"
	}
	return fmt.Sprintf(format, value)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
