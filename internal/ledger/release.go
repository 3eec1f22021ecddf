package ledger

import (
	"maps"
	"slices"
	"time"
)

// Offered is a job of a resource that is removed to be replaced.
type Offered struct {
	Kind        string
	Endpoint    string
	Fingerprint Fingerprint
	JobID       string
	SubmittedAt time.Time
	// Result is given to the record that claims the job in this process.
	Result any
}

// Offer leaves jobs to the resource that is created in the place of the one that
// is removed, after [Ledger.Remove].
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

// Remove notes that a resource which holds these jobs is being removed. It
// returns those that another resource has taken over from it, and forgets all of
// them, so that none is taken over from now on. Nothing is taken over from a
// resource whose creation did not fail, once a state holds it.
func (l *Ledger) Remove(creationFailed bool, ids ...string) (takenOver map[string]bool) {
	others := make(map[string]bool)
	if l == nil {
		return others
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	wanted := make(map[string]bool)
	for _, id := range without(ids) {
		wanted[id] = true
	}
	if creationFailed {
		l.removeTaken(wanted, others)
		l.trade(wanted, others)
	}
	for id, open := range wanted { // what this run took over without leaving an entry
		if open && l.shared[id] {
			delete(l.shared, id)
			others[id] = true
		}
	}
	l.drop(slices.DeleteFunc(without(ids), func(id string) bool { return others[id] }), state.claimable)
	return others
}

// removeTaken moves ids from wanted to others where another resource has taken the
// job over, one for each entry that says so. These entries are in the file of this
// process from then on, until its end: when it dies, Terraform may not have stored
// the removal, and asks for it again.
func (l *Ledger) removeTaken(wanted, others map[string]bool) {
	for _, r := range l.own {
		if r.state == taken && wanted[r.id] {
			wanted[r.id], others[r.id] = false, true
			r.move(removed)
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
			e.State, e.Mark = removed, "" // the mark is by the salt of the other file, and only for a claim
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
	l.change(func(e entry) state {
		if nonces[e.Nonce] {
			return gone
		}
		return e.State
	})
}

// trade is a job that was taken over from a resource which holds it.
type trade struct {
	kind, endpoint string
	fingerprint    Fingerprint
	id             string
}

// trade moves ids from wanted to others where a creation of this run has taken over
// an equal job of another resource instead. The creation that replaces that resource
// is still to come, and takes over this one.
func (l *Ledger) trade(wanted, others map[string]bool) {
	l.traded = slices.DeleteFunc(l.traded, func(t trade) bool { return others[t.id] })
	nonces := make(map[string]bool)
	for i := range l.orphans {
		o := &l.orphans[i]
		for _, nonce := range o.order {
			e := o.entries[nonce]
			if e.State != stored || !wanted[e.ID] {
				continue
			}
			n := slices.IndexFunc(l.traded, func(t trade) bool {
				return t.kind == e.Kind && t.endpoint == e.Endpoint && o.salt.mark(t.fingerprint) == e.Mark
			})
			if n >= 0 {
				l.traded = slices.Delete(l.traded, n, n+1)
				wanted[e.ID], others[e.ID] = false, true
				nonces[nonce] = true
			}
		}
	}
	l.change(func(e entry) state {
		if nonces[e.Nonce] {
			return offered
		}
		return e.State
	})
}

// takenBefore returns the ids of jobs that processes which have died had taken over
// from resources that may still be there.
func (l *Ledger) takenBefore() map[string]bool {
	ids := make(map[string]bool)
	for i := range l.orphans {
		for _, e := range l.orphans[i].entries {
			if e.State == taken {
				ids[e.ID] = true
			}
		}
	}
	return ids
}

// Forget drops what is known of jobs whose resource was healed by a change.
func (l *Ledger) Forget(ids ...string) {
	if l == nil || len(ids) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	l.drop(without(ids), func(s state) bool { return s != gone })
}

// drop drops what is known of jobs in such states, for a caller that holds the
// mutex and has looked.
func (l *Ledger) drop(ids []string, such func(state) bool) {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	for _, r := range slices.Collect(maps.Values(l.own)) {
		if wanted[r.id] && such(r.state) {
			r.move(gone)
		}
	}
	l.change(func(e entry) state {
		if wanted[e.ID] && such(e.State) {
			return gone
		}
		return e.State
	})
}

// without returns ids without duplicates and empty ones.
func without(ids []string) []string {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	slices.Sort(ids)
	return slices.Compact(ids)
}
