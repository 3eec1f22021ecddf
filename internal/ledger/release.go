package ledger

import (
	"maps"
	"slices"
	"time"
)

// Offered is a job of a resource that is being replaced.
type Offered struct {
	Kind        string
	Endpoint    string
	Fingerprint Fingerprint
	JobID       string
	SubmittedAt time.Time
	// Result is passed to the record that claims the job in this process. See
	// [Record.Result].
	Result any
}

// Offer offers jobs of a removed resource to the create that replaces it. It is called
// after [Ledger.Remove].
func (l *Ledger) Offer(jobs ...Offered) {
	if l == nil || len(jobs) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var entries []entry
	for _, job := range jobs {
		r := &Record{
			ledger: l, nonce: newNonce(), state: offered, kind: job.Kind, endpoint: job.Endpoint, fingerprint: job.Fingerprint,
			at: job.SubmittedAt, id: job.JobID, result: job.Result,
		}
		l.own[r.nonce] = r
		entries = append(entries, r.entry())
	}
	l.append(entries...)
}

// Remove records that a resource with these job IDs is being removed. takenOver has the
// IDs of the jobs that another resource has taken over, or is about to take over, and
// that must therefore keep running. The others cannot be claimed any more, unless they
// are offered. creationFailed reports whether the creation of the resource failed:
// otherwise no create takes over its jobs once Terraform has stored it.
func (l *Ledger) Remove(creationFailed bool, ids ...string) (takenOver map[string]bool) {
	others := make(map[string]bool)
	if l == nil {
		return others
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scan()
	wanted := idSet(ids)
	if creationFailed {
		l.removeTaken(wanted, others)
		l.trade(wanted, others)
	}
	for id, open := range wanted { // claimed by this run without leaving a taken entry
		if open && l.maybeHeld[id] {
			delete(l.maybeHeld, id)
			wanted[id], others[id] = false, true
		}
	}
	l.drop(wanted, state.claimable)
	return others
}

// removeTaken moves the IDs of jobs that another resource has taken over from wanted to
// others. It uses up one taken or removed entry for each, and moves that to the file of
// this process as removed: if the process dies before Terraform has stored the removal,
// the next one is asked to remove the resource again.
func (l *Ledger) removeTaken(wanted, others map[string]bool) {
	for _, r := range l.own {
		if r.state == taken && wanted[r.id] {
			wanted[r.id], others[r.id] = false, true
			r.setState(removed)
		}
	}
	var moved []entry
	nonces := make(map[string]bool)
	for i := range l.orphans {
		for _, nonce := range l.orphans[i].order {
			e := l.orphans[i].entries[nonce]
			if !e.State.takenOver() || !wanted[e.ID] {
				continue
			}
			wanted[e.ID], others[e.ID] = false, true
			nonces[nonce] = true
			e.State, e.Mark = removed, "" // the mark has the salt of the other file, and only a claim needs it
			moved = append(moved, e)
			l.settled = append(l.settled, nonce)
		}
	}
	if len(moved) == 0 {
		return
	}
	if !l.append(moved...) {
		return
	}
	l.updateOrphans(func(e entry) state {
		if nonces[e.Nonce] {
			return gone
		}
		return e.State
	})
}

// trade is a job that a create of this run took over from a tainted resource. If several
// tainted resources have equal jobs, the create may be the replacement of another one of
// them. The job of that one is then left for a create that follows. See Ledger.trade.
type trade struct {
	kind, endpoint string
	fingerprint    Fingerprint
	id             string
}

// trade moves the IDs of stored jobs from wanted to others, and offers them, if a create
// of this run has taken over an equal job of another tainted resource instead. The create
// that replaces that other resource is still to come, and claims the offered job.
func (l *Ledger) trade(wanted, others map[string]bool) {
	l.trades = slices.DeleteFunc(l.trades, func(t trade) bool { return others[t.id] })
	nonces := make(map[string]bool)
	for i := range l.orphans {
		o := &l.orphans[i]
		for _, nonce := range o.order {
			e := o.entries[nonce]
			if e.State != stored || !wanted[e.ID] {
				continue
			}
			n := slices.IndexFunc(l.trades, func(t trade) bool {
				return t.kind == e.Kind && t.endpoint == e.Endpoint && o.salt.mark(t.fingerprint) == e.Mark
			})
			if n >= 0 {
				l.trades = slices.Delete(l.trades, n, n+1)
				wanted[e.ID], others[e.ID] = false, true
				nonces[nonce] = true
			}
		}
	}
	l.updateOrphans(func(e entry) state {
		if nonces[e.Nonce] {
			return offered
		}
		return e.State
	})
}

// tainted returns the IDs of the jobs that tainted resources in the state have.
func (l *Ledger) tainted() map[string]bool {
	ids := make(map[string]bool)
	for i := range l.orphans {
		for _, e := range l.orphans[i].entries {
			if e.State == stored || e.State == taken {
				ids[e.ID] = true
			}
		}
	}
	return ids
}

// Forget deletes everything about the jobs of a resource whose creation failed and that
// an update has completed since: nothing replaces it any more.
func (l *Ledger) Forget(ids ...string) {
	if l == nil || len(ids) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scan()
	l.drop(idSet(ids), func(s state) bool { return s != gone })
}

// drop deletes the records and entries of jobs whose state matches. The caller holds the
// mutex and has scanned the folder.
func (l *Ledger) drop(wanted map[string]bool, match func(state) bool) {
	for _, r := range slices.Collect(maps.Values(l.own)) {
		if wanted[r.id] && match(r.state) {
			r.setState(gone)
		}
	}
	l.updateOrphans(func(e entry) state {
		if wanted[e.ID] && match(e.State) {
			return gone
		}
		return e.State
	})
}

// idSet returns the set of ids, without "".
func idSet(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		if id != "" {
			set[id] = true
		}
	}
	return set
}
