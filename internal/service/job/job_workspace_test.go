package job_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// What a run of the command-line interface did with the resource.
const (
	actionNone    = "no-op"
	actionCreate  = "create"
	actionUpdate  = "update"
	actionReplace = "replace"
	actionDestroy = "destroy"
	actionRefused = "refused" // an error came before anything was changed
)

// workspace applies one job resource by the rules of the CLI: it refreshes before it
// plans, plans before it applies, keeps what a failed change left, and replaces a
// resource whose creation failed.
type workspace struct {
	*simulator.Server
	t       *testing.T
	cli     *acctest.ProtocolServer
	config  acctest.Values
	state   *acctest.ResourceState // nil when there is none
	tainted bool
	// planned is how many creations were planned and begun.
	planned int
}

// run is what one run did and reported.
type run struct {
	action string
	diags  acctest.Diagnostics
}

// inWorkspace calls f in a bubble of fake time, with a simulator of its own.
func inWorkspace(t *testing.T, o simulator.Options, provider, config acctest.Values, f func(w *workspace)) {
	t.Helper()
	simtest.Bubble(t, o, func(t *testing.T, sim *simtest.Sim) {
		server := acctest.NewBubbleServer(t, sim.Server, acctest.Values{"endpoint_id": "demo"}, provider)
		f(&workspace{Server: sim.Server, t: t, cli: server, config: config})
	})
}

// refresh reads the resource. It returns false when that failed.
func (w *workspace) refresh(ctx context.Context) (acctest.Diagnostics, bool) {
	w.t.Helper()
	if w.state == nil {
		return nil, true
	}
	state, diags := w.cli.ReadResource(ctx, jobType, w.state)
	if diags.HasError() {
		return diags, false
	}
	if state.Values == nil {
		w.t.Error("a refresh removed the resource")
		state = nil
	}
	w.state = state
	return diags, true
}

// plan returns the action of the next apply.
func (w *workspace) plan(ctx context.Context) (string, *acctest.ResourcePlan) {
	w.t.Helper()
	plan := w.cli.PlanResource(ctx, jobType, w.state, w.config)
	switch {
	case plan.Diagnostics.HasError():
		return actionRefused, plan
	case w.state == nil:
		return actionCreate, plan
	case w.tainted || len(plan.RequiresReplace) > 0:
		return actionReplace, plan
	case reflect.DeepEqual(plan.Planned, w.state.Values):
		return actionNone, plan
	default:
		return actionUpdate, plan
	}
}

// apply refreshes, plans and applies.
func (w *workspace) apply(ctx context.Context) run {
	w.t.Helper()
	diags, ok := w.refresh(ctx)
	if !ok {
		return run{actionRefused, diags}
	}
	action, plan := w.plan(ctx)
	diags = append(diags, plan.Diagnostics...)
	switch action {
	case actionReplace:
		more := w.remove(ctx)
		diags = append(diags, more...)
		if w.state != nil || ctx.Err() != nil { // nothing is begun after an interrupt
			return run{action, diags}
		}
		plan = w.cli.PlanResource(ctx, jobType, nil, w.config)
		fallthrough
	case actionCreate:
		w.planned++
		state, more := w.cli.ApplyResource(ctx, plan)
		diags = append(diags, more...)
		w.state, w.tainted = nil, false
		if state.Values != nil {
			w.state, w.tainted = state, more.HasError()
		}
	case actionUpdate:
		state, more := w.cli.ApplyResource(ctx, plan)
		diags = append(diags, more...)
		w.state = state
	}
	return run{action, diags}
}

// destroy refreshes and removes the resource.
func (w *workspace) destroy(ctx context.Context) run {
	w.t.Helper()
	diags, ok := w.refresh(ctx)
	if !ok || w.state == nil {
		return run{actionRefused, diags}
	}
	return run{actionDestroy, append(diags, w.remove(ctx)...)}
}

func (w *workspace) remove(ctx context.Context) acctest.Diagnostics {
	w.t.Helper()
	left, diags := w.cli.DestroyResource(ctx, jobType, w.state)
	if diags.HasError() {
		w.state = left
	} else {
		w.state, w.tainted = nil, false
	}
	return diags
}

// value is an attribute in the state, nil when there is no state.
func (w *workspace) value(name string) any {
	if w.state == nil {
		return nil
	}
	return w.state.Values[name]
}

// text is value for attributes that are strings.
func (w *workspace) text(name string) string {
	s, _ := w.value(name).(string)
	return s
}

// submissions is how many requests to /run and /runsync were sent.
func (w *workspace) submissions() int { return w.Journal().Count("run") + w.Journal().Count("runsync") }
