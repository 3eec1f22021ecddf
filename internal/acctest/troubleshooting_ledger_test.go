package acctest_test

import (
	"context"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

func init() { maps.Copy(provocations, ledgerProvocations) }

// ledgerProvocations lead to what the guide explains about applies that died, or
// whose creation failed.
var ledgerProvocations = map[string]provocation{
	titleTaken: afterDeath(jobType, quickJob, "request: GET", none, 0),
	"What an earlier apply had submitted has failed": afterDeath(jobType, acctest.Values{"input": acctest.Values{"sim_raise": "kaboom"}}, "request: GET", none, time.Minute),
	"What an earlier apply had submitted is lost":    afterDeath(jobType, quickJob, "request: GET", simulator.Fault{Op: "GET", Kind: simulator.NotVisible}, time.Hour),
	titleUnknown: afterDeath(jobType, quickJob, "reply: POST", none, 0),
	titleDraft:   afterDeath(typeBatch, quickBatch, "reply: POST", none, 0),
	"Unable to read the batch of an earlier apply": afterDeath(typeBatch, quickBatch, "request: GET", simulator.Fault{Op: "GET", Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"invalid api key"}`}, 0),
	"Interrupted; the job is kept":                 interruptedReplacement(jobType, acctest.Values{"input": slowInput}),
	"Interrupted; the batch is kept":               interruptedReplacement(typeBatch, acctest.Values{"requests": []any{slowInput}}),
}

var (
	quickJob   = acctest.Values{"input": quickInput}
	quickBatch = acctest.Values{"requests": []any{quickInput, quickInput}}
)

// afterDeath creates a resource in a process that dies at a step, and again in
// another one.
func afterDeath(typeName string, config acctest.Values, step string, fault simulator.Fault, pause time.Duration) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "ledger")
		create := func(steps *acctest.Steps) acctest.Diagnostics {
			p := acctest.NewDyingProcess(t, s.sim, dir, steps)
			defer p.End()
			_, diags := p.ApplyResource(p.Context, p.PlanResource(t.Context(), typeName, nil, config))
			return diags
		}
		steps := acctest.NewStepsUntil(step)
		create(steps)
		if !steps.Dead() {
			t.Fatal("the process did not die")
		}
		time.Sleep(pause)
		if fault.Kind != "" {
			s.sim.Inject(fault)
		}
		return create(acctest.NewSteps(0))
	}
}

// replacing plans the delete that a replacement of a tainted resource begins with.
func (s stage) replacing(t *testing.T, typeName string, state *acctest.ResourceState, config acctest.Values) *acctest.ResourcePlan {
	t.Helper()
	tainted := *state
	tainted.Private = s.p.PlanResource(t.Context(), typeName, nil, config).Private
	return s.p.PlanResource(t.Context(), typeName, &tainted, nil)
}

// interruptedReplacement interrupts the replacement of a resource whose creation
// failed because the key was refused in the wait.
func interruptedReplacement(typeName string, config acctest.Values) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		t.Helper()
		time.AfterFunc(time.Minute, func() {
			s.sim.Inject(simulator.Fault{Op: "GET", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"invalid api key"}`})
		})
		state, diags := s.p.CreateResource(t.Context(), typeName, config)
		if !diags.HasError() {
			t.Fatal("the creation did not fail")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, diags = s.p.ApplyResource(ctx, s.replacing(t, typeName, state, config))
		return diags
	}
}
