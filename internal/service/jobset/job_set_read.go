package jobset

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
)

// Read implements resource.Resource. A set whose jobs are all final costs no request.
func (r *setResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	stored := m.jobsState()
	r.seen(stored)
	live := stored.keys((*jobEntry).Live)
	drifted := stored.dropDrifted()
	if resp.Diagnostics.HasError() || len(live) == 0 && !drifted {
		return // the response holds the state as it was
	}
	if len(live) > 0 && !r.data.Ready(&resp.Diagnostics) {
		return
	}
	timeout, diags := m.Timeouts.Read(ctx, jobmodel.DefaultReadTimeout)
	resp.Diagnostics.Append(diags...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	endpointID := m.EndpointID.ValueString()
	rep := newReport(endpointID)
	var mu sync.Mutex
	jobrun.InParallel(live, readAtOnce, func(key string) {
		mu.Lock()
		e := stored.entries[key]
		mu.Unlock()
		if ctx.Err() != nil {
			mu.Lock()
			defer mu.Unlock()
			rep.countRead(key, e, jobrun.Unavailable, nil)
			return
		}
		job, result, err := r.data.Runner.ReadJob(m.Reading(ctx, endpointID, nil), endpointID, e.ID.ValueString(), e.Submitted())
		mu.Lock()
		defer mu.Unlock()
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
		rep.countRead(key, e, result, err)
	})
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		rep.cut = fmt.Sprintf("timeouts.read (%s) passed before every job was read", timeout)
	}
	rep.reads = len(live)
	rep.reportReads(m.ExpiryFails(), &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	m.store(ctx, stored, nil)
	resp.State.Raw = dynamicjson.ReplaceAttributes(ctx, req.State.Raw, m.computedValues(), &resp.Diagnostics)
}

// readAtOnce is how many jobs a refresh reads at once.
const readAtOnce = 20
