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

// Remove notes that the resource which holds these jobs is being removed. It
// returns those that another resource has taken over from it, and forgets all of
// them, so that none is taken over from now on.
func (l *Ledger) Remove(ids ...string) (takenOver map[string]bool) {
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
	for id, open := range wanted { // what this run took over without leaving an entry
		if open && l.shared[id] {
			delete(l.shared, id)
			others[id] = true
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
	l.drop(slices.DeleteFunc(without(ids), func(id string) bool { return others[id] }))
	return others
}

// Forget drops what is known of jobs whose resource was healed by a change.
func (l *Ledger) Forget(ids ...string) {
	if l == nil || len(ids) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	l.drop(without(ids))
}

// drop is Forget for a caller that holds the mutex and has looked.
func (l *Ledger) drop(ids []string) {
	if len(ids) == 0 {
		return
	}
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	own := slices.Collect(maps.Values(l.own))
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
