package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// workload is a task that several subjects do in turn. The first subject is the one
// that is measured, the others are references.
type workload struct {
	name, title string
	subjects    []subject
	claims      []claim
}

const (
	mib = 1 << 20
	// forEach runs keyed jobs as separate resources.
	forEach = `resource "runpodserverless_job" "test" {
  for_each = { for i in range(%d) : format("k%%04d", i) => i }
  input    = { sim_delay_ms = %d, mock_return = each.value }
}
`
	// set runs keyed jobs in one resource.
	set = `resource "runpodserverless_job_set" "test" {
  inputs        = { for i in range(%d) : format("k%%04d", i) => { sim_delay_ms = %d, mock_return = i } }
  max_in_flight = %d
}
`
	batchOfFile = `resource "runpodserverless_batch" "test" {
  requests_file = "${path.module}/requests.jsonl"
  results_file  = "${path.module}/results.jsonl"
}
`
)

// ofSize returns the claims of a workload of small jobs, compared with resources that
// do nothing: with two attributes, with those of a job, and with those of a job but
// without the framework. The last of these is the floor, because the cost of Terraform
// and its protocol grows with the attributes. The first one is for comparison only.
func ofSize(times float64) []claim {
	return []claim{
		{fmt.Sprintf("at most %.1f × what Terraform and its protocol take for a job's attributes", times), timesSubject(3, times)},
		{"at most 1.3 × a resource of the framework with a job's attributes", timesSubject(2, 1.3)},
		{"for comparison: a resource with two attributes", timesSubject(1, 0)},
		{"for comparison: a job's attributes without the framework to two with it", versus(3, 1, 0)},
	}
}

// workloads returns all workloads, in the order in which they run.
func workloads() []workload {
	const (
		tenth  = 100 * time.Millisecond
		half   = 500 * time.Millisecond
		second = time.Second
		long   = 5 * time.Second
		minute = time.Minute
	)
	return []workload{
		{
			name: "one", title: "One job of 100 ms",
			subjects: []subject{
				delayed(1, tenth), nothing(1), curl(1, tenth),
				delayed(1, tenth).on("no status-sync", polled), delayed(1, tenth).on("50 ms away", far),
			},
			claims: []claim{{"at most the floor, the job and 60 ms", overFloor(tenth, 60*time.Millisecond)}, longPollLag},
		},
		{
			name: "fifty", title: "50 jobs of 500 ms",
			subjects: []subject{
				delayed(50, half), nothing(50), wide(50), curl(50, half),
				delayed(50, half).on("no status-sync", polled), delayed(50, half).on("50 ms away", far),
			},
			claims: []claim{{"at most 1.1 × (the floor and 2.5 s)", timesFloor(1.1, 2500*time.Millisecond)}, longPollLag},
		},
		{
			name: "many", title: "200 jobs of no time",
			subjects: []subject{jobs(200, 0, "mock_return = count.index"), nothing(200), wide(200), bare(200), curl(200, 0)},
			claims:   ofSize(1.5),
		},
		{
			name: "refresh", title: "Refresh of 200 finished jobs",
			subjects: []subject{
				jobs(200, 0, "mock_return = count.index").refreshed(),
				nothing(200).refreshed(), wide(200).refreshed(), bare(200).refreshed(),
			},
			claims: append([]claim{{"no request", noRequest}}, ofSize(1.1)...),
		},
		{
			name: "seconds", title: "One job of 5 s",
			subjects: []subject{
				delayed(1, long), delayed(1, long).on("no status-sync", polled),
				delayed(1, long).on("50 ms away", far), nothing(1),
			},
			claims: []claim{longPollLag, polledLag},
		},
		{
			name: "minute", title: "One job of 60 s",
			subjects: []subject{
				delayed(1, minute).slowly(), delayed(1, minute).on("no status-sync", polled).slowly(),
				curl(1, minute).slowly(),
			},
			claims: []claim{longPollLag, polledLag, {"at most 60 requests without status-sync", fewRequests(1, 60)}},
		},
		{
			name: "output", title: "One job with an output of 1 MiB",
			subjects: []subject{
				named("job", jobs(1, 0, fmt.Sprintf("sim_output_bytes = %d", mib))),
				named("job with an output of a few bytes", jobs(1, 0, "mock_return = 1")),
				named("resource that stores 1 MiB", subject{
					provider: floor, body: fmt.Sprintf("resource \"floor_output\" \"test\" {\n  bytes = %d\n}\n", mib-2),
				}),
				named("resource that stores a few bytes", subject{
					provider: floor, body: "resource \"floor_output\" \"test\" {\n  bytes = 1\n}\n",
				}),
			},
			claims: []claim{
				{"at most four times the output above the idle provider", copies(0, 1, 4)},
				{"for comparison: a resource that only stores it", copies(2, 3, 0)},
			},
		},
		{
			name: "set", title: "1,000 jobs of 1 s, 200 at once, limits enforced",
			subjects: []subject{
				{
					label: "job_set", provider: provider, body: fmt.Sprintf(set, 1000, 1000, 200), jobs: 1000, runs: second,
					inFlight: 200, simulator: strict, needs: "runpodserverless_job_set",
				},
				{
					label: "job with for_each", provider: provider, body: fmt.Sprintf(forEach, 1000, 1000), jobs: 1000, runs: second,
					simulator: strict, slow: true,
				},
			},
			claims: []claim{
				{"at most 1.25 × the ideal 5 s", withinIdeal(1.25, 5*time.Second)},
				{"at most 100 MB", peakBelow(100e6)},
			},
		},
		byFiles("plan-files", "A plan without a change of 1,000 jobs of 20 KB in and out", planNothing, 2*time.Second),
		byFiles("change-files", "An apply of one changed line of these", applyChange, 4*time.Second),
		byFiles("destroy-files", "A destroy of these", destroyAll, 4*time.Second),
		{
			name: "outputs", title: "50 outputs of 5 MB of base64 to files",
			subjects: []subject{{
				label: "job_set, output_files", provider: provider, jobs: 50, inFlight: 50, needs: "runpodserverless_job_set", images: "out",
				body: `resource "runpodserverless_job_set" "test" {
  inputs        = { for i in range(50) : format("k%02d", i) => { n = i, sim_base64_bytes = 3750000 } }
  output_files  = { "out/{key}.bin" = { encoding = "base64" } }
  max_in_flight = 50
}
`,
			}},
			claims: []claim{{"at most 200 MB", peakBelow(200e6)}, {"files identical to the outputs", identical}},
		},
		{
			name: "batch", title: "A batch of 5,000 requests of 20 KB from a file",
			subjects: []subject{{
				label: "batch", provider: provider, body: batchOfFile, needs: "runpodserverless_batch",
				files: map[string]func() []byte{"requests.jsonl": func() []byte { return requestLines(5000, 20000) }},
			}},
			claims: []claim{{"at most 150 MB", peakBelow(150e6)}},
		},
	}
}

// The same set of jobs with files, with values, and as a resource that only stores it.
const (
	setByFiles = `resource "runpodserverless_job_set" "test" {
  inputs_file   = "${path.module}/inputs.jsonl"
  output_files  = { "${path.module}/out/{key}.txt" = { encoding = "text" } }
  max_in_flight = 200
}
`
	inputsAsValues = `locals {
  lines  = [for line in split("\n", trimspace(file("${path.module}/inputs.jsonl"))) : jsondecode(line)]
  inputs = { for line in local.lines : line.key => line.input }
}

`
	setByValues = inputsAsValues + `resource "runpodserverless_job_set" "test" {
  inputs        = local.inputs
  max_in_flight = 200
}
`
	dataByValues = inputsAsValues + `resource "terraform_data" "test" {
  input = local.inputs
}
`
)

// byFiles returns a workload that limits the time of one step of 1,000 jobs with
// payloads in files, with the same jobs with values as a reference.
func byFiles(name, title string, measured step, limit time.Duration) workload {
	files := map[string]func() []byte{"inputs.jsonl": func() []byte { return keyedLines(1000, 20000, -1) }}
	changed := func(round int) (string, []byte) { return "inputs.jsonl", keyedLines(1000, 20000, round) }
	one := func(label, provider, body string) subject {
		return subject{label: label, provider: provider, body: body, files: files, changed: changed, inFlight: 200}.at(measured)
	}
	claims := []claim{{fmt.Sprintf("at most %.1f s", limit.Seconds()), within(limit)}, {"at most 120 MB", peakBelow(120e6)}}
	if measured != destroyAll {
		claims = append(claims, claim{"a state of at most 2 MB", stateBelow(2e6)})
	}
	return workload{
		name: name, title: title,
		subjects: []subject{
			one("job_set, inputs_file and output_files", provider, setByFiles),
			one("job_set, inputs and outputs", provider, setByValues).slowly(),
			one("terraform_data with the inputs", "", dataByValues).slowly(),
		},
		claims: claims,
	}
}

// keyedLines returns n keyed inputs of a size, whose jobs return outputs of the same
// size. With a round, one input differs from the round before.
func keyedLines(n, size, round int) []byte {
	var b bytes.Buffer
	for i := range n {
		text := strings.Repeat("x", size)
		if i == n/2 && round >= 0 {
			text = fmt.Sprintf("%d%s", round, text)
		}
		fmt.Fprintf(&b, `{"key":"k%04d","input":{"mock_return":"%s"}}`+"\n", i, text)
	}
	return b.Bytes()
}

func names() []string {
	var all []string
	for _, w := range workloads() {
		all = append(all, w.name)
	}
	return all
}

func named(label string, s subject) subject {
	s.label = label
	return s
}

// requestLines returns n inputs of a size, one per line.
func requestLines(n, size int) []byte {
	var b bytes.Buffer
	for i := range n {
		head := fmt.Sprintf(`{"mock_return":%d,"padding":"`, i)
		b.WriteString(head)
		b.WriteString(strings.Repeat("x", size-len(head)-2))
		b.WriteString("\"}\n")
	}
	return b.Bytes()
}
