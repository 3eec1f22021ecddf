package report_test

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/bench/report"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	mean := func(a, b int) int { return (a + b) / 2 }
	for _, tc := range []struct {
		values []int
		want   int
	}{{nil, 0}, {[]int{7}, 7}, {[]int{9, 1, 5}, 5}, {[]int{8, 2, 4, 100}, 6}} {
		if got := report.Median(tc.values, mean); got != tc.want {
			t.Errorf("%v: got %d, want %d", tc.values, got, tc.want)
		}
	}
}

func example() report.Report {
	sample := func(wall time.Duration) report.Sample {
		return report.Sample{
			Wall: wall, Jobs: 2, Requests: 5, Connections: 2, CPU: 150 * time.Millisecond, Peak: 25e6,
			Lags: []time.Duration{time.Millisecond, 3 * time.Millisecond},
		}
	}
	return report.Report{
		Facts: []report.Fact{{Name: "Machine", Value: "small"}},
		Workloads: []report.Workload{{
			Title: "Two jobs of <100 ms> & more",
			Results: []report.Result{
				{Label: "job", Runs: 100 * time.Millisecond, Samples: []report.Sample{sample(3 * time.Second), sample(time.Second), sample(2 * time.Second)}},
				{Label: "floor", Samples: []report.Sample{{Wall: time.Second}}},
				{Label: "script", Skipped: "there is no curl"},
			},
			Claims: []report.Claim{{Text: "quick", Measured: "2.00 ×", Kept: true}, {Text: "small", Measured: "25 MB"}},
		}},
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	got := example().Markdown()
	for _, line := range []string{
		"- Machine: small",
		"| job | 2.000 s | 1.00 | 2.5 | 2.0 ms, 3.0 ms (3.0 %) | 2 | 0.15 s | 25.0 MB |",
		"| floor | 1.000 s | 0.50 | – | – | – | – | – |",
		"| script | skipped: there is no curl | | | | | | |",
		"| Two jobs of <100 ms> & more | quick | 2.00 × | kept |",
		"| Two jobs of <100 ms> & more | small | 25 MB | **not kept** |",
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("there is no line %q in\n%s", line, got)
		}
	}
}

func TestChart(t *testing.T) {
	t.Parallel()
	got := example().Chart()
	var doc struct {
		Rects []struct {
			Width int `xml:"width,attr"`
		} `xml:"rect"`
		Texts []string `xml:"text"`
	}
	if err := xml.Unmarshal([]byte(got), &doc); err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	if len(doc.Rects) != 3 || doc.Rects[1].Width != 2*doc.Rects[2].Width {
		t.Errorf("bars: %+v", doc.Rects)
	}
	if want := "Two jobs of <100 ms> & more"; doc.Texts[0] != want {
		t.Errorf("got %q, want %q", doc.Texts[0], want)
	}
}
