package main

import (
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/bench/report"
)

func TestClaims(t *testing.T) {
	t.Parallel()
	took := func(d time.Duration) report.Result {
		return report.Result{Samples: []report.Sample{{Wall: d, Jobs: 1}}}
	}
	with := func(s report.Sample) report.Result {
		s.Wall = time.Second
		return report.Result{Samples: []report.Sample{s}}
	}
	both := []subject{jobs(1, time.Second, ""), nothing(1)}
	two := []subject{jobs(1, 0, ""), jobs(1, 0, "")}
	slow := []subject{jobs(1, 10*time.Second, "").on("polled", polled)}
	for name, tc := range map[string]struct {
		check    check
		subjects []subject
		results  []report.Result
		measured string
		kept     bool
	}{
		"over the floor, just":       {overFloor(100*time.Millisecond, 60*time.Millisecond), both, []report.Result{took(660 * time.Millisecond), took(500 * time.Millisecond)}, "60 ms more than the floor and the job", true},
		"over the floor, too much":   {overFloor(100*time.Millisecond, 60*time.Millisecond), both, []report.Result{took(661 * time.Millisecond), took(500 * time.Millisecond)}, "61 ms more than the floor and the job", false},
		"no floor":                   {timesFloor(1, 0), two, []report.Result{took(1), took(1)}, "", false},
		"times the floor":            {timesFloor(1.1, time.Second), both, []report.Result{took(2200 * time.Millisecond), took(time.Second)}, "1.10 ×", true},
		"times the floor, too much":  {timesFloor(1.1, time.Second), both, []report.Result{took(2300 * time.Millisecond), took(time.Second)}, "1.15 ×", false},
		"times another":              {timesSubject(1, 2), two, []report.Result{took(3 * time.Second), took(time.Second)}, "3.00 ×", false},
		"the other was not measured": {timesSubject(1, 2), two, []report.Result{took(3 * time.Second), {}}, "", false},
		"ideal": {
			withinIdeal(1.25, 5*time.Second), two, []report.Result{took(6 * time.Second), {Label: "that", Samples: took(time.Minute).Samples}},
			"1.20 ×; 10.0 × faster than that", true,
		},
		"a request":          {noRequest, two, []report.Result{with(report.Sample{Requests: 1}), took(1)}, "1 requests", false},
		"few requests":       {fewRequests(0, 60), two, []report.Result{with(report.Sample{Requests: 60}), took(1)}, "60 requests", true},
		"many requests":      {fewRequests(0, 60), two, []report.Result{with(report.Sample{Requests: 61}), took(1)}, "61 requests", false},
		"four copies":        {copies(0, 1, 4), two, []report.Result{with(report.Sample{Peak: 14 * mib}), with(report.Sample{Peak: 10 * mib})}, "4.0 MiB above 10.5 MB", true},
		"five copies":        {copies(0, 1, 4), two, []report.Result{with(report.Sample{Peak: 15 * mib}), with(report.Sample{Peak: 10 * mib})}, "5.0 MiB above 10.5 MB", false},
		"memory not known":   {peakBelow(150e6), two, []report.Result{with(report.Sample{}), took(1)}, "", false},
		"much memory":        {peakBelow(150e6), two, []report.Result{with(report.Sample{Peak: 151e6}), took(1)}, "151.0 MB", false},
		"a small state":      {stateBelow(2e6), two, []report.Result{with(report.Sample{State: 2e6}), with(report.Sample{State: 19e6})}, "2.0 MB; 19.0 MB", true},
		"a large state":      {stateBelow(2e6), two, []report.Result{with(report.Sample{State: 21e5})}, "2.1 MB", false},
		"identical":          {identical, two, []report.Result{with(report.Sample{Files: 1})}, "1 files, 0 other than sent", true},
		"a file too few":     {identical, two, []report.Result{with(report.Sample{})}, "0 files, 0 other than sent", false},
		"another content":    {identical, two, []report.Result{with(report.Sample{Files: 1, Wrong: 1})}, "1 files, 1 other than sent", false},
		"late by the median": {longPollLag.check, both, []report.Result{with(report.Sample{Lags: []time.Duration{21 * time.Millisecond}}), took(1)}, "21.0 ms, at most 21.0 ms (2.1 %)", false},
		"late once": {
			longPollLag.check, both, []report.Result{with(report.Sample{Lags: []time.Duration{1e6, 2e6, 50e6}}), took(1)},
			"2.0 ms, at most 50.0 ms (5.0 %)", true,
		},
		"polled, late once": {polledLag.check, slow, []report.Result{with(report.Sample{Lags: []time.Duration{1e6, 2e6, 501e6}})}, "2.0 ms, at most 501.0 ms (5.0 %)", false},
		"few connections":   {fewConnections, both, []report.Result{with(report.Sample{Connections: 2}), took(1)}, "2 for 1", true},
		"many connections":  {fewConnections, both, []report.Result{with(report.Sample{Connections: 3}), took(1)}, "3 for 1", false},
		"429":               {fewConnections, both, []report.Result{with(report.Sample{Connections: 1, Refused: 3}), took(1)}, "1 for 1, 3 times 429", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			measured, kept := tc.check(tc.subjects, tc.results)
			if measured != tc.measured || kept != tc.kept {
				t.Errorf("got %q, %t; want %q, %t", measured, kept, tc.measured, tc.kept)
			}
		})
	}
}
