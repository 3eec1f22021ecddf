package jobmodel

import (
	"sync"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// FailedCreations remembers the jobs of resources whose creation failed, from their
// refresh to the plan. Terraform plans the replacement of a tainted resource like a
// creation, without its state, so this is how the plan can say what the apply will
// take over. Nothing is decided by it: a plan without a refresh just says less.
type FailedCreations struct {
	mu   sync.Mutex
	live map[ledger.Fingerprint]bool
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
