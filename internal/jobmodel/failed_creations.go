package jobmodel

import (
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// FailedCreations remembers the jobs of resources whose creation failed, from their
// refresh to the plan. Terraform plans the replacement of a tainted resource like a
// creation, without its state, so this is how the plan can say what the apply will
// take over. Nothing is decided by it: a plan without a refresh just says less.
type FailedCreations struct {
	mu   sync.Mutex
	live map[ledger.Fingerprint]bool
	// failed has the submission times of failed jobs, from the delete of a resource to
	// the create that replaces it.
	failed map[ledger.Fingerprint]time.Time
}

// Add adds a job that is unfinished or completed.
func (c *FailedCreations) Add(f ledger.Fingerprint, live bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live == nil {
		c.live = make(map[ledger.Fingerprint]bool)
	}
	c.live[f] = live
}

// Find reports whether there is such a job, and whether it is unfinished.
func (c *FailedCreations) Find(f ledger.Fingerprint) (live, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	live, found = c.live[f]
	return live, found
}

// AddFailed adds a job that failed or expired.
func (c *FailedCreations) AddFailed(f ledger.Fingerprint, submittedAt time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		c.failed = make(map[ledger.Fingerprint]time.Time)
	}
	c.failed[f] = submittedAt
}

// Failed reports whether a job with this fingerprint failed or expired, and when it was
// submitted.
func (c *FailedCreations) Failed(f ledger.Fingerprint) (submittedAt time.Time, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	submittedAt, found = c.failed[f]
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
