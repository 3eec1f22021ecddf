package acctest_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// envLive enables the live tests. An account in the environment alone does not, because
// "go test ./..." must not cost anything.
const envLive = "RUNPODSERVERLESS_LIVE"

// account is the account and the endpoint of the live tests.
type account struct{ key, endpointID, baseURL, managementURL string }

// TestAccLive runs the live tests on an endpoint with the public mock-worker image,
// which the environment specifies. Use "make test-live".
func TestAccLive(t *testing.T) {
	t.Parallel()
	if os.Getenv(envLive) == "" {
		t.Skip("The live tests pay for about ten short jobs: \"make test-live\" asks for them.")
	}
	a := account{os.Getenv("RUNPOD_API_KEY"), os.Getenv("RUNPOD_ENDPOINT_ID"), os.Getenv("RUNPOD_ENDPOINT_BASE_URL"), os.Getenv("RUNPOD_MANAGEMENT_BASE_URL")}
	if a.key == "" || a.endpointID == "" {
		t.Skip("The live tests need RUNPOD_API_KEY and RUNPOD_ENDPOINT_ID, the id of an endpoint that runs the public mock-worker image.")
	}
	if a.baseURL == "" {
		a.baseURL = runpod.DefaultBaseURL
	}
	a.test(t)
}

// TestAccLive_simulator runs the live tests against the simulator's own program, so
// that they are tested without costs.
func TestAccLive_simulator(t *testing.T) {
	t.Parallel()
	acctest.RequireCLI(t)
	sim := acctest.StartSimulator(t, "-speed", "20")
	account{sim.APIKey, simulator.DefaultEndpointID, sim.URL, sim.ManagementURL}.test(t)
}

func (a account) test(t *testing.T) {
	for name, test := range map[string]func(t *testing.T, a account){
		"health":       liveHealth,
		"completes":    liveCompletes,
		"in mode sync": liveSync,
		"fails":        liveFails,
		"times out":    liveTimesOut,
		"interrupted":  liveInterrupted,
		"module":       liveModule,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, a)
		})
	}
}

// meter is a proxy between the provider and an API that counts the requests, in place
// of the simulator's journal.
type meter struct {
	url     string
	waiting chan struct{} // closed at the first request for a job

	mu     sync.Mutex
	counts map[string]int
	once   sync.Once
}

func newMeter(t *testing.T, a account) *meter {
	t.Helper()
	target, err := url.Parse(a.baseURL)
	if err != nil {
		t.Fatal(err)
	}
	m := &meter{waiting: make(chan struct{}), counts: map[string]int{}}
	proxy := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorLog: log.New(io.Discard, "", 0), // an interrupt cancels requests
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.count(r.URL.Path)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

func (m *meter) count(path string) {
	_, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/") // the path without the endpoint
	op, _, _ := strings.Cut(rest, "/")
	m.mu.Lock()
	m.counts[op]++
	m.mu.Unlock()
	if strings.HasPrefix(op, "status") {
		m.once.Do(func() { close(m.waiting) })
	}
}

func (m *meter) want(t *testing.T, op string, n int) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts[op] != n {
		t.Errorf("%d requests to /%s, want %d", m.counts[op], op, n)
	}
}

// startLive returns a CLI with a configuration, whose requests are counted. What it
// applies is destroyed at the end of the test.
func startLive(t *testing.T, a account, config string) (*acctest.CLI, *meter) {
	t.Helper()
	m := newMeter(t, a)
	cli := acctest.NewCLI(t)
	cli.Setenv("RUNPOD_API_KEY", a.key)
	cli.Setenv("RUNPOD_ENDPOINT_BASE_URL", m.url)
	if a.managementURL != "" {
		cli.Setenv("RUNPOD_MANAGEMENT_BASE_URL", a.managementURL)
	}
	cli.Setenv("RUNPOD_ENDPOINT_ID", a.endpointID)
	if config != "" {
		cli.WriteFile("main.tf", acctest.RequiredProviders()+config)
		t.Cleanup(func() { cli.MustRun("destroy", "-auto-approve") })
	}
	return cli, m
}

// shows reports whether a run's output contains the text, however it is wrapped.
func shows(r acctest.Result, words string) bool {
	text := strings.Join(strings.Fields(strings.ReplaceAll(r.Output(), "│", "")), " ")
	return strings.Contains(text, words)
}

// liveJob returns a job on an endpoint that may have to start a worker first.
func liveJob(arguments string) string {
	return fmt.Sprintf("resource %q \"live\" {\n%s\n}\n", jobType, arguments)
}

const slowStart = `timeouts = { create = "15m" }`

func liveHealth(t *testing.T, a account) {
	cli, m := startLive(t, a, `
data "runpodserverless_endpoint_health" "live" {
  wait_until = { workers_unhealthy_max = 1000 }
}
output "completed" { value = data.runpodserverless_endpoint_health.live.jobs.completed }
`)
	cli.MustRun("apply", "-auto-approve")
	if got := strings.TrimSpace(cli.MustRun("output", "-json", "completed").Stdout); !regexp.MustCompile(`^[0-9]+$`).MatchString(got) {
		t.Errorf("%s jobs have completed", got)
	}
	m.want(t, "run", 0)
}

// liveCompletes: one job and one submission, even after another apply and an import.
func liveCompletes(t *testing.T, a account) {
	cli, m := startLive(t, a, liveJob(`
input = { mock_return = { text = "pong", n = 9007199254740993 }, mock_delay = 1 }
`+slowStart)+`
output "n" { value = runpodserverless_job.live.output.n }
output "id" { value = runpodserverless_job.live.id }
`)
	cli.MustRun("apply", "-auto-approve")
	if got := strings.TrimSpace(cli.MustRun("output", "-json", "n").Stdout); got != "9007199254740993" {
		t.Errorf("n came back as %s", got)
	}
	if r := cli.Run("plan", "-detailed-exitcode"); r.ExitCode != 0 {
		t.Errorf("a second plan is not empty:\n%s", r.Output())
	}
	id := strings.TrimSpace(cli.MustRun("output", "-raw", "id").Stdout)
	cli.MustRun("state", "rm", jobType+".live")
	cli.MustRun("import", jobType+".live", a.endpointID+"/"+id)
	cli.MustRun("apply", "-auto-approve")
	if got := strings.TrimSpace(cli.MustRun("output", "-raw", "id").Stdout); got != id {
		t.Errorf("the import ran another job: %s instead of %s", got, id)
	}
	m.want(t, "run", 1)
}

func liveSync(t *testing.T, a account) {
	cli, m := startLive(t, a, liveJob(`
mode  = "sync"
input = { mock_return = "pong" }
`+slowStart)+`
output "output" { value = runpodserverless_job.live.output }
`)
	cli.MustRun("apply", "-auto-approve")
	if got := cli.MustRun("output", "-raw", "output").Stdout; got != "pong" {
		t.Errorf("the output is %q", got)
	}
	m.want(t, "runsync", 1)
	m.want(t, "run", 0)
}

// liveFails: a handler that fails makes the apply fail, and the next apply runs a new
// job.
func liveFails(t *testing.T, a account) {
	cli, m := startLive(t, a, liveJob("input = { mock_error = true }\n"+slowStart))
	for n := 1; n <= 2; n++ {
		r := cli.Run("apply", "-auto-approve", "-no-color")
		if r.ExitCode != 1 || !shows(r, "Job ended as FAILED") || !shows(r, "Error: ") {
			t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
		}
		m.want(t, "run", n)
	}
}

func liveTimesOut(t *testing.T, a account) {
	cli, m := startLive(t, a, liveJob(`
input    = { mock_delay = 400 }
timeouts = { create = "5s" }
`))
	r := cli.Run("apply", "-auto-approve", "-no-color")
	if r.ExitCode != 1 || !shows(r, "Job timed out and was cancelled") || !shows(r, "Health of the endpoint") {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	m.want(t, "run", 1)
	m.want(t, "cancel", 1)
}

// liveInterrupted: after Ctrl-C the next apply waits for the same job.
func liveInterrupted(t *testing.T, a account) {
	cli, m := startLive(t, a, liveJob("input = { mock_return = \"pong\", mock_delay = 60 }\n"+slowStart)+`
output "status" { value = runpodserverless_job.live.status }
`)
	run := cli.Start("apply", "-auto-approve", "-no-color")
	run.WaitFor(m.waiting)
	run.Interrupt()
	if r := run.Wait(); r.ExitCode != 1 || !shows(r, "Interrupted; the job keeps running") {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	cli.MustRun("apply", "-auto-approve")
	if got := cli.MustRun("output", "-raw", "status").Stdout; got != "COMPLETED" {
		t.Errorf("the job ended as %s", got)
	}
	m.want(t, "run", 1)
}

// liveModule runs the smoke-check module's own tests.
func liveModule(t *testing.T, a account) {
	cli, m := startLive(t, a, "")
	copyExample(t, cli, smokeCheck)
	cli.MustRun("test", "-no-color", "-filter=tests/endpoint.tftest.hcl")
	m.want(t, "run", 3)
}
