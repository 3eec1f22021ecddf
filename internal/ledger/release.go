package ledger

import (
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
	// Result is given to the record of whoever claims the job in this process.
	Result any
}

// Offer leaves jobs to the resource that is created in the place of the one that
// is removed.
func (l *Ledger) Offer(jobs ...Offered) {
	if l == nil || len(jobs) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	ids := make(map[string]bool)
	var entries []entry
	old := make([]*Record, 0, len(l.own))
	for _, r := range l.own {
		old = append(old, r)
	}
	for _, job := range jobs {
		ids[job.JobID] = true
		r := &Record{
			ledger: l, nonce: newNonce(), state: offered, kind: job.Kind, endpoint: job.Endpoint, fingerprint: job.Fingerprint,
			at: job.SubmittedAt, id: job.JobID, result: job.Result,
		}
		l.own[r.nonce] = r
		entries = append(entries, r.entry())
	}
	l.append(entries...)
	l.forget(old, func(id string, s state) bool { return ids[id] && s.claimable() })
}

// TakenOver returns which of these jobs another resource has taken over from the
// one that is removed, and forgets that.
func (l *Ledger) TakenOver(ids ...string) map[string]bool {
	others := make(map[string]bool)
	if l == nil {
		return others
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	wanted := make(map[string]bool)
	for _, id := range without(ids) {
		if l.shared[id] {
			delete(l.shared, id)
			others[id] = true
			continue
		}
		wanted[id] = true
	}
	for _, r := range l.own {
		if r.state == taken && wanted[r.id] {
			wanted[r.id], others[r.id] = false, true
			r.move(gone)
		}
	}
	once := make(map[string]bool) // nonces, so that the answer is the same for each reading
	for i := range l.orphans {
		for _, nonce := range l.orphans[i].order {
			if e := l.orphans[i].entries[nonce]; e.State == taken && wanted[e.ID] {
				wanted[e.ID], others[e.ID] = false, true
				once[nonce] = true
			}
		}
	}
	if len(once) > 0 {
		l.locked(func() {
			l.update(func(e entry) state {
				if e.State == taken && once[e.Nonce] {
					return gone
				}
				return e.State
			})
		})
	}
	return others
}

// Forget drops what is known of jobs that are cancelled, or whose resource is
// removed or was healed by a change.
func (l *Ledger) Forget(ids ...string) {
	if l == nil || len(ids) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	wanted := make(map[string]bool)
	for _, id := range without(ids) {
		wanted[id] = true
	}
	own := make([]*Record, 0, len(l.own))
	for _, r := range l.own {
		own = append(own, r)
	}
	l.forget(own, func(id string, s state) bool { return wanted[id] && s.claimable() })
}

// forget drops entries, of some records of this process and of orphans.
func (l *Ledger) forget(own []*Record, such func(id string, s state) bool) {
	for _, r := range own {
		if r.id != "" && such(r.id, r.state) {
			r.move(gone)
		}
	}
	drop := func(e entry) bool { return e.ID != "" && such(e.ID, e.State) }
	if slices.ContainsFunc(l.orphans, func(o orphan) bool { return len(o.find(drop)) > 0 }) {
		l.locked(func() {
			l.update(func(e entry) state {
				if drop(e) {
					return gone
				}
				return e.State
			})
		})
	}
}

// HasOrphans reports whether processes that have died left anything behind.
func (l *Ledger) HasOrphans() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	return len(l.orphans) > 0
}

// Seen notes that a state holds these jobs: a process that died had returned
// them, and Terraform had stored that.
func (l *Ledger) Seen(ids ...string) {
	if l == nil || !l.HasOrphans() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := make(map[string]bool)
	for _, id := range without(ids) {
		seen[id] = true
	}
	// The state may be that of a resource whose job is to be taken over, or was.
	for i := range l.orphans {
		for _, e := range l.orphans[i].entries {
			if e.State == failed || e.State == offered || e.State == taken {
				delete(seen, e.ID)
			}
		}
	}
	l.forget(nil, func(id string, s state) bool { return seen[id] && (s == accepted || s == returned) })
}

// locked calls do with the lock of the folder.
func (l *Ledger) locked(do func()) {
	unlock, err := l.folder.lock()
	if err != nil {
		l.report(err)
		return
	}
	defer unlock()
	do()
}
