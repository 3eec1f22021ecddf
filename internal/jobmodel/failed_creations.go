package jobmodel

import (
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// TaintedJobs remembers the unfinished and the completed jobs of sets whose creation
// failed, from their refresh to the plan. Terraform plans the replacement of a tainted
// resource like a creation, without its state, so this is how the plan can say what the
// apply will take over. Nothing else depends on it: a plan without a refresh just says
// less. The zero value is ready for use.
type TaintedJobs struct {
	mu   sync.Mutex
	live map[ledger.Fingerprint]bool
}

// Add adds a job. live reports whether it is unfinished.
func (t *TaintedJobs) Add(f ledger.Fingerprint, live bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.live == nil {
		t.live = make(map[ledger.Fingerprint]bool)
	}
	t.live[f] = live
}

// Find reports whether there is such a job, and whether it is unfinished.
func (t *TaintedJobs) Find(f ledger.Fingerprint) (live, found bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	live, found = t.live[f]
	return live, found
}

// FailedJobs remembers the failed and the expired jobs of a set whose creation failed,
// from its delete to the creation that replaces it, which submits their keys last. With
// max_failures, that decides which keys are submitted at all. The zero value is ready for
// use.
type FailedJobs struct {
	mu          sync.Mutex
	submittedAt map[ledger.Fingerprint]time.Time
}

// Add adds a job.
func (j *FailedJobs) Add(f ledger.Fingerprint, submittedAt time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.submittedAt == nil {
		j.submittedAt = make(map[ledger.Fingerprint]time.Time)
	}
	j.submittedAt[f] = submittedAt
}

// Find reports whether there is such a job, and when it was submitted.
func (j *FailedJobs) Find(f ledger.Fingerprint) (submittedAt time.Time, found bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	submittedAt, found = j.submittedAt[f]
	return submittedAt, found
}

// CreationFailed reports whether the creation of a stored resource failed.
func CreationFailed(state map[string]tftypes.Value) bool {
	var failed bool
	value := state["creation_failed"]
	return !value.IsNull() && (value.As(&failed) != nil || failed)
}

// Seen tells the ledger that a state has a job or a batch.
func (d *ProviderData) Seen(state map[string]tftypes.Value) {
	var id string
	if state["id"].As(&id) == nil {
		d.Ledger.Seen(CreationFailed(state), id)
	}
}
