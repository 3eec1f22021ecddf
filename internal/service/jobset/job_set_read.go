package jobset

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
)

// Read implements resource.Resource. A final job needs no request, unless /retry may
// have restarted it.
func (r *setResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m resourceModel
	resp.Diagnostics.Append(m.readState(ctx, req.State)...)
	stored := m.jobsState()
	r.seen(m.CreationFailed.ValueBool(), stored)
	defer r.rememberFailed(&m, stored)
	live := stored.keys((*jobEntry).Live)
	var ended []string
	if !r.data.Unconfigured() {
		ended = stored.keys((*jobEntry).Retriable)
	}
	changed := stored.dropDrifted()
	changed = m.recognize(stored) || changed
	if resp.Diagnostics.HasError() || len(live)+len(ended) == 0 && !changed {
		return // the response holds the state as it was
	}
	rep := newReport(m.EndpointID.ValueString())
	if len(live) > 0 {
		if !r.data.ReadyToRefresh(req, resp) {
			return
		}
		timeout, diags := m.Timeouts.Read(ctx, jobmodel.DefaultReadTimeout)
		resp.Diagnostics.Append(diags...)
		r.readLive(ctx, &m, stored, live, timeout, rep)
		changed = true
	}
	if rep.ReadErr == nil && r.rereadEnded(ctx, &m, stored, ended, rep.warnings) {
		changed = true
	}
	rep.reportReads(m.ExpiryFails(), &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !changed {
		return
	}
	m.store(ctx, stored, nil)
	resp.State.Raw = jobmodel.ReplaceAttributes(ctx, req.State.Raw, m.computedValues(), &resp.Diagnostics)
}

// readLive reads the live jobs of some keys.
func (r *setResource) readLive(ctx context.Context, m *resourceModel, stored *jobsState, keys []string, timeout time.Duration, rep *report) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	endpointID := m.EndpointID.ValueString()
	stored.readEach(keys, func(key string, e jobEntry) (store func()) {
		if ctx.Err() != nil {
			return func() { rep.CountRead(key, e.lastRead(), jobrun.Unavailable, nil) }
		}
		job, result, err := r.data.Runner.ReadJob(m.Reading(ctx, endpointID, nil), endpointID, e.ID.ValueString(), e.Submitted())
		return func() {
			switch result {
			case jobrun.Found:
				m.setJob(stored, key, e, job, rep.warnings)
				return
			case jobrun.Expired:
				e.Expired = types.BoolValue(true)
				stored.entries[key] = e
			case jobrun.Unauthorized:
				cancel() // the others would be refused as well
			}
			rep.CountRead(key, e.lastRead(), result, err)
		}
	})
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		rep.Cut = fmt.Sprintf("timeouts.read (%s) passed before every job was read", timeout)
	}
	rep.Reads = len(keys)
}

// rereadEnded reads once the jobs of some keys that failed or timed out: something
// else may have retried them since. If a job cannot be read, the stored result stays.
// It reports whether any was retried.
func (r *setResource) rereadEnded(ctx context.Context, m *resourceModel, stored *jobsState, keys []string, reports *warnings) (retried bool) {
	ctx, cancel := context.WithTimeout(ctx, jobmodel.RereadTimeout)
	defer cancel()
	endpointID := m.EndpointID.ValueString()
	stored.readEach(keys, func(key string, e jobEntry) (store func()) {
		if ctx.Err() != nil {
			return func() {}
		}
		job, err := r.data.Client.Status(m.Reading(ctx, endpointID, nil), endpointID, e.ID.ValueString())
		return func() {
			switch {
			case jobrun.ConcernsAll(err):
				cancel()
			case err == nil && !e.SameEnd(job):
				job.ID = e.ID.ValueString()
				m.setJob(stored, key, e, job, reports)
				retried = true
			}
		}
	})
	return retried
}

// readAtOnce is how many jobs a refresh reads at once.
const readAtOnce = 20

// readEach calls read for the jobs of some keys, several at once, and then the store
// function that it returns, one at a time.
func (c *jobsState) readEach(keys []string, read func(key string, e jobEntry) (store func())) {
	var mu sync.Mutex
	jobrun.InParallel(keys, readAtOnce, func(key string) {
		mu.Lock()
		e := c.entries[key]
		mu.Unlock()
		store := read(key, e)
		mu.Lock()
		defer mu.Unlock()
		store()
	})
}
