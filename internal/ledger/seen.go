package ledger

// holders reports which kinds of resources a refresh has seen with one job: tainted ones,
// whose creation failed, and healthy ones.
type holders struct{ failed, healthy bool }

// Seen records that a refresh has read a resource with these job IDs: Terraform has stored
// what an earlier process returned. If the creation of the resource did not fail, its
// accepted and returned entries are deleted. If it failed, its failed entries become
// stored, because its replacement may take over the jobs.
func (l *Ledger) Seen(creationFailed bool, ids ...string) {
	if l == nil || !l.HasOrphans() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := idSet(ids)
	l.noteHolders(creationFailed, seen)
	l.updateOrphans(func(e entry) state {
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

// noteHolders records which kinds of resources have the jobs of removed entries.
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

// settleRemoved deletes removed entries at the end of a process that only refreshed. If
// it has seen the job in the resource that took it over, and not in the tainted one,
// Terraform has stored the removal of the tainted one.
func (l *Ledger) settleRemoved() {
	if l.scans != 1 {
		return // nothing was scanned, or the orphans changed after some resources were seen
	}
	l.updateOrphans(func(e entry) state {
		if h := l.holders[e.ID]; e.State == removed && h.healthy && !h.failed {
			return gone
		}
		return e.State
	})
}
