package job_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// Lives that are tried each time, and the variable that asks for more.
const (
	defaultLives  = 150
	livesWithRace = 15 // the detector sees the same in each
	envLives      = "TEST_JOB_LIVES"
)

// TestJobResource_lives applies random faults, interrupts, changes of the
// configuration and actions of other clients to a job, and checks the promises after
// each run. Each life is a subtest named after its seed, which reproduces it: -run
// 'TestJobResource_lives/seed=7$'.
func TestJobResource_lives(t *testing.T) {
	t.Parallel()
	lives := acctest.Sized(defaultLives, livesWithRace)
	if n, err := strconv.Atoi(os.Getenv(envLives)); err == nil {
		lives = n
	}
	for seed := range lives {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(seed), 0))
			options := simulator.Options{
				NoStatusSync: random.IntN(4) == 0,
				Choices:      simulator.Choices{TTLTimesOut: random.IntN(2) == 0, CancelFinalStatus: pick(random, 0, 400, 404)},
			}
			l := &life{random: random}
			inWorkspace(t, options, acctest.Values{"max_retries": 2}, l.configuration(), func(w *workspace) {
				l.workspace = w
				for range 3 + random.IntN(6) {
					l.event()
				}
				l.end()
				if t.Failed() {
					t.Logf("the life:\n%s", strings.Join(l.story, "\n"))
				}
			})
		})
	}
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

// life is one job resource and what happens to it.
type life struct {
	*workspace
	random *rand.Rand
	story  []string
	// kept are jobs that were left running because the configuration said so,
	// or because the API denied that they exist and the user was told.
	kept map[string]bool
}

func (l *life) log(format string, args ...any) {
	l.story = append(l.story, fmt.Sprintf("%s  %s", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...)))
}

// configuration returns random arguments of a job.
func (l *life) configuration() acctest.Values {
	l.kept = make(map[string]bool)
	input := acctest.Values{"mock_return": "done", "sim_delay_ms": pick(l.random, 0, 100, 5_000, 120_000, 1_200_000)}
	retried := l.random.IntN(3) == 0
	if retried || l.random.IntN(8) == 0 {
		input["sim_fail_times"] = 1 + l.random.IntN(3)
	}
	config := acctest.Values{
		"input":               input,
		"mode":                pick(l.random, "async", "async", "async", "sync"),
		"policy":              acctest.Values{"execution_timeout": "2h"},
		"wait_for_completion": l.random.IntN(5) > 0,
		"on_failure":          pick(l.random, "error", "warn"),
		"on_timeout":          pick(l.random, "cancel", "detach"),
		"on_interrupt":        pick(l.random, "cancel", "detach"),
		"on_destroy":          pick(l.random, "cancel", "cancel", "keep"),
		"timeouts":            acctest.Values{"create": pick(l.random, "5s", "3m", "1h"), "update": pick(l.random, "5s", "1h")},
	}
	if retried {
		config["retry"] = acctest.Values{"max_attempts": 3, "min_backoff": "1s", "max_backoff": "5s"}
	}
	return config
}

// event is something that can happen to the resource.
func (l *life) event() {
	switch l.random.IntN(12) {
	case 0, 1, 2, 3, 4:
		l.someApply()
	case 5:
		l.someFault()
	case 6:
		l.log("refresh")
		l.refresh(l.t.Context())
	case 7:
		d := pick(l.random, time.Second, time.Minute, 10*time.Minute, time.Hour)
		l.log("%s pass", d)
		time.Sleep(d)
	case 8:
		l.config["triggers"] = acctest.Values{"n": fmt.Sprint(l.random.IntN(3))}
		l.log("triggers %v", l.config["triggers"])
	case 9:
		name := pick(l.random, "on_timeout", "on_interrupt")
		l.config[name] = pick(l.random, "cancel", "detach")
		l.log("%s = %v", name, l.config[name])
	case 10:
		l.thirdParty()
	default:
		l.someFault()
		l.thirdParty()
		l.someApply()
	}
}

// thirdParty lets another client do something to the job, now or soon.
func (l *life) thirdParty() {
	what, d := pick(l.random, "cancels", "purges", "expires"), pick(l.random, 0, 2*time.Second, time.Minute)
	l.log("in %s another client %s", d, what)
	time.AfterFunc(d, func() {
		for _, j := range l.Jobs("demo") {
			switch what {
			case "cancels":
				l.CancelJob("demo", j.ID)
			case "expires":
				l.ExpireJob("demo", j.ID)
			}
		}
		if what == "purges" {
			l.PurgeQueue("demo")
		}
	})
}

// someFault injects faults into some of the next requests.
func (l *life) someFault() {
	ops := []string{"run", "runsync", "status", "status-sync", "cancel", "GET", "POST", ""}
	if l.config["retry"] != nil {
		ops = append(ops, "retry", "retry", "retry", "retry")
	}
	f := simulator.Fault{
		Op: pick(l.random, ops...),
		Kind: pick(l.random, simulator.CutBefore, simulator.CutAfter, simulator.CutBody, simulator.Truncated, simulator.SlowBefore, simulator.SlowAfter,
			simulator.TooManyRequests, simulator.InternalError, simulator.BadGatewayHTML, simulator.EmptyBody, simulator.NoID, simulator.NotQueued,
			simulator.NotVisible, simulator.UnknownState, simulator.Redirect),
		Times: 1 + l.random.IntN(5), Skip: pick(l.random, 0, 0, 1, 2), Delay: pick(l.random, time.Second, 20*time.Second, time.Hour),
	}
	l.log("%d faults %s of %q after %d", f.Times, f.Kind, f.Op, f.Skip)
	l.Inject(f)
}

// someApply applies, sometimes with an interrupt, and checks the promises.
func (l *life) someApply() {
	ctx, interrupt := context.WithCancel(l.t.Context())
	defer interrupt()
	var interrupted time.Time // when it is to come
	if l.random.IntN(3) == 0 {
		d := time.Duration(l.random.Int64N(int64(pick(l.random, time.Second, 10*time.Second, 5*time.Minute))))
		l.log("an interrupt in %s", d)
		interrupted = time.Now().Add(d)
		defer time.AfterFunc(d, interrupt).Stop()
	}
	before, journal := l.text("id"), len(l.Journal())
	r := l.apply(ctx)
	synctest.Wait() // for the server to notice who hung up
	l.log("apply: %s, %s is %s, tainted %v\n%s", r.action, l.text("id"), l.text("status"), l.tainted, r.diags)
	if !interrupted.IsZero() && time.Since(interrupted) > 25*time.Second {
		l.t.Errorf("the apply went on for %s after the interrupt", time.Since(interrupted))
	}
	l.hold(r, before, l.Journal()[journal:])
}

// hold checks the promises after a run.
func (l *life) hold(r run, before string, journal simulator.Journal) {
	l.t.Helper()
	submissions := append(journal.Op("run"), journal.Op("runsync")...).Accepted()
	most := 0
	if r.action == actionCreate || r.action == actionReplace {
		most = 1
	}
	if len(submissions) > most {
		l.t.Errorf("%s: %d submissions were accepted", r.action, len(submissions))
	}
	unknown := strings.Contains(r.diags.String(), "Outcome of the submission unknown")
	for _, x := range submissions {
		switch id := l.text("id"); {
		case id == x.JobID:
		case unknown:
			l.kept[x.JobID] = true // the user was told to look for it
		default:
			l.t.Errorf("job %s was accepted, the state has %q, and nothing is said of it:\n%s", x.JobID, id, r.diags)
		}
		if x.Op == "run" && reached(x) && l.text("id") != x.JobID {
			l.t.Errorf("job %s was learnt of, and the state has %q:\n%s", x.JobID, l.text("id"), r.diags)
		}
	}
	if most == 0 && r.action != actionDestroy && l.text("id") != before {
		l.t.Errorf("%s: job %q became %q", r.action, before, l.text("id"))
	}
	if l.text("status") == "COMPLETED" && l.value("output") != "done" {
		l.t.Errorf("COMPLETED with the output %v", l.value("output"))
	}
	if strings.Contains(r.diags.String(), "Job to cancel was not found") || l.config["on_destroy"] == "keep" {
		l.kept[before] = true
	}
	l.nothingIsLost()
}

// reached reports whether the client had a whole reply with the id.
func reached(x simulator.Exchange) bool {
	return x.Status == 200 && (x.Fault == "" || x.Fault == string(simulator.UnknownState)) && x.Accepted
}

// nothingIsLost: each job on the server is in the state, or was reported to the user.
func (l *life) nothingIsLost() {
	l.t.Helper()
	for _, j := range l.Jobs("demo") {
		live := j.Status == "IN_QUEUE" || j.Status == "IN_PROGRESS"
		if live && j.ID != l.text("id") && !l.kept[j.ID] {
			l.t.Errorf("job %s is %s and lost", j.ID, j.Status)
			l.kept[j.ID] = true
		}
		if j.ID == l.text("id") && live && (j.Status != l.text("status")) && (l.text("status") == "COMPLETED" || l.text("status") == "FAILED") {
			l.t.Errorf("job %s is %s and stored as %s", j.ID, j.Status, l.text("status"))
		}
	}
}

// end destroys the resource, without further faults until it is gone.
func (l *life) end() {
	l.Heal()
	before := l.text("id")
	if before == "" {
		return
	}
	r := l.destroy(l.t.Context())
	l.log("destroy: %s", r.diags)
	if l.state != nil {
		l.t.Errorf("the destroy failed: %s", r.diags)
	}
	l.hold(r, before, nil)
	if l.config["on_destroy"] == "keep" {
		return
	}
	for _, j := range l.Jobs("demo") {
		if j.ID == before && (j.Status == "IN_QUEUE" || j.Status == "IN_PROGRESS") {
			l.t.Errorf("job %s is %s after the destroy", j.ID, j.Status)
		}
	}
}
