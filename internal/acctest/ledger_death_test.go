package acctest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

const (
	typeJob   = "runpodserverless_job"
	typeSet   = "runpodserverless_job_set"
	typeBatch = "runpodserverless_batch"

	titleUnknown = "Outcome of an earlier submission unknown"
	titleDraft   = "A draft of an earlier apply may be left over"
)

// instance is one resource instance and what a state holds of it.
type instance struct {
	typeName     string
	config       acctest.Values
	createBefore bool // lifecycle { create_before_destroy = true }

	state   *acctest.ResourceState // nil when there is none
	tainted bool
	deposed []*acctest.ResourceState
}

// world is a configuration, its state, its ledger and the API.
type world struct {
	*simulator.Server
	t         *testing.T
	dir       string
	instances []*instance
	// lateDeletes makes deposed objects go after what is created, not before:
	// Terraform promises neither.
	lateDeletes bool
	// stopAfter is how long each apply runs before it is interrupted; 0 for no limit.
	stopAfter time.Duration

	mu    sync.Mutex
	diags acctest.Diagnostics // of the last apply
}

func (w *world) report(diags acctest.Diagnostics) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.diags = append(w.diags, diags...)
}

// change is what is to be done for one instance.
type change struct {
	*instance
	plan    *acctest.ResourcePlan // nil for none
	replace bool
}

// apply refreshes and plans in one process and applies in another, as Terraform
// does, until one of them dies. It reports whether anything was to be done.
func (w *world) apply(steps *acctest.Steps) bool {
	w.t.Helper()
	w.diags = nil
	changes, busy := w.plan(steps)
	if steps.Dead() {
		return true
	}
	p := acctest.NewDyingProcess(w.t, w.Server, w.dir, steps)
	defer p.End()
	if w.stopAfter > 0 {
		time.AfterFunc(w.stopAfter, func() { p.Stop(w.t.Context()) })
	}
	if !w.lateDeletes {
		w.removeDeposed(p, steps)
	}
	var wg sync.WaitGroup
	for _, c := range changes {
		wg.Go(func() { w.do(p, steps, c) })
	}
	wg.Wait()
	if w.lateDeletes {
		w.removeDeposed(p, steps)
	}
	return busy
}

// plan refreshes and plans.
func (w *world) plan(steps *acctest.Steps) (changes []change, busy bool) {
	w.t.Helper()
	p := acctest.NewDyingProcess(w.t, w.Server, w.dir, steps)
	defer p.End()
	for _, i := range w.instances {
		for n, deposed := range i.deposed {
			busy = true
			if state, diags := p.ReadResource(p.Context, i.typeName, deposed); !diags.HasError() && !steps.Dead() {
				i.deposed[n] = state
			}
		}
		c := change{instance: i}
		if i.state != nil {
			state, diags := p.ReadResource(p.Context, i.typeName, i.state)
			if steps.Dead() {
				return nil, true
			}
			w.report(diags)
			i.state = state
		}
		prior := i.state
		if i.tainted {
			prior = nil
		}
		c.plan = p.PlanResource(p.Context, i.typeName, prior, i.config)
		if prior != nil && len(c.plan.RequiresReplace) > 0 {
			c.plan, prior = p.PlanResource(p.Context, i.typeName, nil, i.config), nil
		}
		c.replace = prior == nil && i.state != nil
		if prior != nil && reflect.DeepEqual(c.plan.Planned, prior.Values) {
			continue
		}
		changes, busy = append(changes, c), true
	}
	return changes, busy
}

// do applies one change.
func (w *world) do(p *acctest.DyingProcess, steps *acctest.Steps, c change) {
	i := c.instance
	if c.replace {
		if !i.createBefore && !w.remove(p, steps, i, i.state, c.plan.Private) {
			return
		}
		if !i.createBefore {
			i.state, i.tainted = nil, false
		}
	}
	if steps.Dead() {
		return
	}
	creating := i.state == nil || c.replace
	state, diags := p.ApplyResource(p.Context, c.plan)
	if steps.Step("state returned") != nil {
		return
	}
	w.report(diags)
	if state.Values == nil {
		if creating && c.replace {
			return // Terraform keeps the old object then
		}
		state = nil
	}
	if c.replace && i.createBefore {
		i.deposed = append(i.deposed, i.state)
	}
	i.state, i.tainted = state, creating && state != nil && diags.HasError()
	if !i.tainted && !w.lateDeletes {
		w.removeDeposedOf(p, steps, i)
	}
}

// remove removes an object, and reports whether the state knows that.
func (w *world) remove(p *acctest.DyingProcess, steps *acctest.Steps, i *instance, old *acctest.ResourceState, private []byte) bool {
	if steps.Dead() {
		return false
	}
	prior := *old
	prior.Private = private
	plan := p.PlanResource(p.Context, i.typeName, &prior, nil)
	plan.Private = private
	left, diags := p.ApplyResource(p.Context, plan)
	if steps.Step("removal returned") != nil {
		return false
	}
	w.report(diags)
	return left.Values == nil
}

func (w *world) removeDeposed(p *acctest.DyingProcess, steps *acctest.Steps) {
	for _, i := range w.instances {
		w.removeDeposedOf(p, steps, i)
	}
}

func (w *world) removeDeposedOf(p *acctest.DyingProcess, steps *acctest.Steps, i *instance) {
	for len(i.deposed) > 0 && w.remove(p, steps, i, i.deposed[0], nil) {
		i.deposed = i.deposed[1:]
	}
}

// settle applies until nothing is left to do, and returns how many submissions had
// an unknown outcome. Other errors fail the test, and so does an apply that leaves every
// resource healthy and entries in the ledger, except for those that only the next refresh
// can settle.
func (w *world) settle() (unknown int) {
	w.t.Helper()
	for range 5 {
		busy := w.apply(acctest.NewSteps(0))
		if left := w.inLedger(); w.healthy() && left != "" && (!busy || !onlyRemoved(left)) {
			w.t.Errorf("left in the ledger by an apply, something to do: %t\n%s", busy, left)
		}
		for _, e := range w.diags.Errors() {
			if !strings.HasPrefix(e, titleUnknown) {
				w.t.Errorf("unexpected: %s", e)
			}
			unknown += keysIn(e)
		}
		if !busy {
			return unknown
		}
	}
	w.t.Errorf("it does not come to rest: %s", w.diags)
	return unknown
}

// onlyRemoved reports whether the files of the ledger have no other entries than removed
// ones: of tainted resources that a process removed before it died, and whose jobs other
// resources have. A refresh that sees these settles the entries.
func onlyRemoved(files string) bool {
	states := make(map[string]string)
	for line := range strings.Lines(files) {
		var e struct{ Nonce, State string }
		if json.Unmarshal([]byte(line), &e) == nil && e.Nonce != "" {
			states[e.Nonce] = e.State
		}
	}
	for _, state := range states {
		if state != "removed" && state != "gone" {
			return false
		}
	}
	return true
}

// healthy reports whether the last apply had no error, and every resource exists and is
// not tainted.
func (w *world) healthy() bool {
	for _, i := range w.instances {
		if i.state == nil || i.tainted || len(i.deposed) > 0 {
			return false
		}
	}
	return !w.diags.HasError()
}

// inLedger returns the content of the ledger's files.
func (w *world) inLedger() string {
	w.t.Helper()
	var all []byte
	files, _ := filepath.Glob(filepath.Join(w.dir, "*.jsonl"))
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			w.t.Error(err)
		}
		all = append(all, content...)
	}
	return string(all)
}

var keysLine = regexp.MustCompile(`Keys: (\d+)`)

// keysIn is how many submissions a diagnostic is about.
func keysIn(text string) int {
	if m := keysLine.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 1
}

// jobIDs are the ids in the state, and whether all of them completed.
func (w *world) jobIDs() (ids map[string]bool, completed bool) {
	ids, completed = make(map[string]bool), true
	add := func(id, status any) {
		completed = completed && status == "COMPLETED"
		ids[fmt.Sprint(id)] = true
	}
	for _, i := range w.instances {
		switch {
		case i.state == nil || i.tainted:
			completed = false
		case i.typeName == typeSet:
			jobs, _ := i.state.Values["jobs"].(acctest.Values)
			for _, entry := range jobs {
				e, _ := entry.(acctest.Values)
				add(e["id"], e["status"])
			}
		case i.typeName == typeBatch:
			completed = completed && i.state.Values["phase"] == "done"
			ids[fmt.Sprint(i.state.Values["id"])] = true
		default:
			add(i.state.Values["id"], i.state.Values["status"])
		}
	}
	return ids, completed
}

// TestLedger_everyDeath: the process dies at each of its steps, and another one
// applies. Nothing that the API accepted and answered is lost, nothing is submitted
// twice without an error that says so, and each successful apply leaves the ledger empty.
// With the race detector, only every 40th step is tested; "make testacc" tests all of them
// without it.
func TestLedger_everyDeath(t *testing.T) {
	t.Parallel()
	stride := acctest.Sized(1, 40)
	lasting := acctest.Values{"mock_delay": 30}
	one := func(typeName string, config acctest.Values) func() []*instance {
		return func() []*instance { return []*instance{{typeName: typeName, config: config}} }
	}
	before := func(instances func() []*instance) func() []*instance {
		return func() []*instance {
			all := instances()
			for _, i := range all {
				i.createBefore = true
			}
			return all
		}
	}
	job := one(typeJob, acctest.Values{"input": lasting})
	equal := func() []*instance { return append(job(), job()...) }
	set := one(typeSet, acctest.Values{"inputs": acctest.Values{"a": lasting, "b": lasting, "c": lasting}, "max_in_flight": 2})
	brief := acctest.Values{"mock_delay": 8} // a batch is polled, and each reading is a step
	batch := one(typeBatch, acctest.Values{"requests": []any{brief, brief}})
	sync := one(typeJob, acctest.Values{"input": lasting, "mode": "sync", "sync_wait": "10s"})
	detached := one(typeJob, acctest.Values{"input": lasting, "wait_for_completion": false})
	for name, tc := range map[string]deathCase{
		"a job":                            {instances: job, jobs: 1},
		"a job in mode sync":               {instances: sync, jobs: 1},
		"a job that is not waited for":     {instances: detached, jobs: 1},
		"two equal jobs":                   {instances: equal, jobs: 2},
		"a set":                            {instances: set, jobs: 3},
		"a batch":                          {instances: batch, jobs: 1},
		"a tainted job":                    {instances: job, tainted: true, jobs: 1},
		"two equal tainted jobs":           {instances: equal, tainted: true, jobs: 2},
		"a tainted set":                    {instances: set, tainted: true, jobs: 3},
		"a tainted batch":                  {instances: batch, tainted: true, jobs: 1},
		"a tainted job, create before":     {instances: before(job), tainted: true, jobs: 1},
		"two equal tainted, create before": {instances: before(equal), tainted: true, jobs: 2},
		"a tainted set, create before":     {instances: before(set), tainted: true, jobs: 3},
		"a tainted batch, create before":   {instances: before(batch), tainted: true, jobs: 1},
		"a refused job":                    {instances: job, refused: true, jobs: 1},
		"two equal refused jobs":           {instances: equal, refused: true, jobs: 2},
		"a refused set":                    {instances: set, refused: true, jobs: 3},
		"a refused batch":                  {instances: batch, refused: true, jobs: 1},
		"a refused job, create before":     {instances: before(job), refused: true, jobs: 1},
		"a refused set, create before":     {instances: before(set), refused: true, jobs: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			points := 0                                   // of this kind; the whole table says it for each
			pauses := []time.Duration{0, 2 * time.Minute} // before the next apply: live, completed
			if os.Getenv(envRounds) == "" && (tc.tainted || tc.refused) != (tc.jobs > 1) {
				pauses = pauses[:1] // half of the kinds are enough for each run of the suite
			}
			for _, pause := range pauses {
				for _, late := range []bool{false, true} {
					if pause > 0 && tc.jobs == 1 && strings.HasSuffix(name, "sync") {
						continue // the API keeps such a result for a minute only
					}
					if late && !strings.Contains(name, "before") {
						continue
					}
					for k := 1 + len(name)%min(stride, 5); ; k += stride { // each kind has ten steps at least
						died := false
						synctest.Test(t, func(t *testing.T) {
							died = tc.dieAt(t, k, pause, late)
						})
						if !died {
							break
						}
						points++
					}
				}
			}
			t.Logf("%d points", points)
			if points*stride < 10 {
				t.Errorf("only %d points", points)
			}
		})
	}
}

// deathCase is a configuration that a dying process applies.
type deathCase struct {
	instances func() []*instance
	tainted   bool // the creation failed before, because the API key was refused during the wait
	refused   bool // the API key is refused during the wait of the dying process
	jobs      int  // how many are submitted without a death
}

// dieAt lets the process die at a step, checks what comes after, and reports
// whether it had that many steps.
func (c deathCase) dieAt(t *testing.T, k int, pause time.Duration, late bool) bool {
	t.Helper()
	sim := simulator.New(simulator.Options{})
	defer sim.Close()
	w := &world{Server: sim, t: t, dir: filepath.Join(t.TempDir(), "ledger"), instances: c.instances(), lateDeletes: late}
	if c.tainted {
		w.taint()
	}
	accept := func() {}
	if c.refused {
		accept = w.refuse()
	}
	steps := acctest.NewSteps(k)
	w.apply(steps)
	accept()
	if !steps.Dead() {
		return false
	}
	jobs := c.jobs
	where := fmt.Sprintf("%s, %s before the next apply, late deletes %t", steps.Last(), pause, late)
	time.Sleep(pause)
	unknown := w.settle()
	time.Sleep(3 * time.Minute)
	unknown += w.settle() // which also sees the end of what is not waited for

	ids, completed := w.jobIDs()
	if !completed || len(ids) != jobs {
		t.Errorf("%s: %d jobs, completed: %t, want %d", where, len(ids), completed, jobs)
	}
	w.checkSubmissions(where, ids, jobs, unknown)
	if left := w.inLedger(); left != "" {
		t.Errorf("%s: left in the ledger:\n%s", where, left)
	}
	if t.Failed() {
		t.Logf("%s: journal:", where)
		for _, x := range sim.Journal() {
			t.Logf("%s %s %d", x.Method, x.Path, x.Status)
		}
		t.FailNow()
	}
	return true
}

// checkSubmissions checks what the API has seen in all.
func (w *world) checkSubmissions(where string, ids map[string]bool, jobs, unknown int) {
	w.t.Helper()
	journal := w.Journal().Accepted()
	if w.instances[0].typeName == typeBatch {
		finalized, drafts := 0, 0
		for _, b := range w.Batches("demo") {
			switch {
			case b.Status == "FINALIZED" && !ids[b.ID]:
				w.t.Errorf("%s: batch %s is lost", where, b.ID)
			case b.Status == "FINALIZED":
				finalized++
			case b.Status == "DRAFT":
				drafts++
			}
		}
		if finalized != 1 || drafts > 1 || unknown != 0 {
			w.t.Errorf("%s: %d finalized, %d drafts, %d unknown", where, finalized, drafts, unknown)
		}
		return
	}
	submitted := journal.Count("run") + journal.Count("runsync")
	if submitted-jobs > unknown || unknown > jobs {
		w.t.Errorf("%s: %d jobs were submitted for %d, %d of unknown outcome", where, submitted, jobs, unknown)
	}
	if cancelled := journal.Count("cancel"); cancelled > 0 {
		w.t.Errorf("%s: %d jobs were cancelled", where, cancelled)
	}
}

// refuse makes the API refuse the key during waits, until accept is called.
func (w *world) refuse() (accept func()) {
	refuse := func() {
		w.Inject(simulator.Fault{Op: "GET", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"invalid api key"}`})
	}
	if w.instances[0].typeName != typeBatch {
		refuse()
		return w.Heal
	}
	timer := time.AfterFunc(7*time.Second, refuse) // after the batch is finalized
	return func() {
		timer.Stop()
		w.Heal()
	}
}

// taint creates all resources, and makes their waits fail.
func (w *world) taint() {
	w.t.Helper()
	accept := w.refuse()
	w.apply(acctest.NewSteps(0))
	accept()
	for _, i := range w.instances {
		if i.state == nil || !i.tainted || i.state.Values["creation_failed"] != true {
			w.t.Fatalf("not tainted: %s", w.diags)
		}
	}
}
