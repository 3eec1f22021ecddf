package ledger

// holders are the resources in a state that a refresh has seen with one job.
type holders struct{ failed, healthy bool }

// Seen notes that a resource in a state holds these jobs: a process that died had
// returned them, and Terraform had stored that. Where its creation failed, the job
// may be taken over from it, or was: the entry of the failed creation stays, and so
// does that of the resource which took the job over, until that one is seen.
func (l *Ledger) Seen(creationFailed bool, ids ...string) {
	if l == nil || !l.HasOrphans() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := make(map[string]bool)
	for _, id := range without(ids) {
		seen[id] = true
	}
	l.noteHolders(creationFailed, seen)
	l.change(func(e entry) state {
		switch {
		case !seen[e.ID]:
		case creationFailed && e.State == failed:
			return stored
		case !creationFailed && (e.State == accepted || e.State == returned):
			return gone
		}
		return e.State
	})
}

// noteHolders notes which resources hold jobs that were taken over from others,
// which were removed.
func (l *Ledger) noteHolders(creationFailed bool, seen map[string]bool) {
	for i := range l.orphans {
		for _, e := range l.orphans[i].entries {
			if e.State != removed || !seen[e.ID] {
				continue
			}
			h := l.holders[e.ID]
			l.holders[e.ID] = holders{failed: h.failed || creationFailed, healthy: h.healthy || !creationFailed}
		}
	}
}

// settleRemoved ends a process that only refreshed. What it has seen in the resource
// that took it over, and not in the one that had held it, was removed from the state
// as well.
func (l *Ledger) settleRemoved() {
	if l.looked != 1 {
		return // none, or not all of what was seen was compared with all that is there
	}
	l.change(func(e entry) state {
		if h := l.holders[e.ID]; e.State == removed && h.healthy && !h.failed {
			return gone
		}
		return e.State
	})
}
