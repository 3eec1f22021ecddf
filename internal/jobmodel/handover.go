package jobmodel

import (
	"sync"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// Handover passes what has ended from a resource that is removed to the one that
// is created in its place in the same apply. It is for replacements that were
// planned because part of the arguments was not known yet: Terraform does not let
// an update become a replacement, so such a plan must replace. When the arguments
// turn out to be what they were, there is nothing to submit. The zero value is
// ready for use.
type Handover struct {
	mu   sync.Mutex
	kept map[ledger.Fingerprint][]any
}

// Keep keeps a result for the creation that submits the same.
func (h *Handover) Keep(f ledger.Fingerprint, result any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.kept == nil {
		h.kept = make(map[ledger.Fingerprint][]any)
	}
	h.kept[f] = append(h.kept[f], result)
}

// TakeFrom returns a result of the type T that was kept and that usable accepts, nil
// when there is none. A nil usable accepts each. Each is returned once.
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
