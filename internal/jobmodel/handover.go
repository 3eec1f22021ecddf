package jobmodel

import (
	"sync"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// Handover passes finished work from a resource that is deleted to the one that is
// created in its place in the same apply. It is for replacements that were planned
// because some arguments were not known yet: Terraform does not let an update become a
// replacement, so such a plan must replace. If the arguments turn out to be the same
// as before, there is nothing to submit. The zero value is ready for use.
type Handover struct {
	mu   sync.Mutex
	kept map[ledger.Fingerprint][]any
}

// Keep keeps a result for the creation that would submit the same.
func (h *Handover) Keep(f ledger.Fingerprint, result any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.kept == nil {
		h.kept = make(map[ledger.Fingerprint][]any)
	}
	h.kept[f] = append(h.kept[f], result)
}

// TakeFrom removes and returns a kept result of type T that usable accepts, or nil if
// there is none. A nil usable accepts any.
func TakeFrom[T any](h *Handover, f ledger.Fingerprint, usable func(*T) bool) *T {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, kept := range h.kept[f] {
		if result, ok := kept.(*T); ok && (usable == nil || usable(result)) {
			h.kept[f] = append(h.kept[f][:i:i], h.kept[f][i+1:]...)
			return result
		}
	}
	return nil
}
