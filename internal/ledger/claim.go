package ledger

import "slices"

// Claim takes over submissions with these fingerprints, which were left by processes
// that ended or belong to resources that are being replaced. The result has one element
// for each fingerprint: the record of a submission, which nothing else can claim from
// then on, or nil if there is none.
func (l *Ledger) Claim(kind, endpoint string, wanted []Fingerprint) []*Record {
	claimed := make([]*Record, len(wanted))
	if l == nil {
		return claimed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.claimOwn(kind, endpoint, wanted, claimed)
	if left == 0 {
		return claimed
	}
	l.scan()
	if !l.hasMatch(kind, endpoint, wanted, claimed) {
		return claimed
	}
	l.open(true)
	unlock, err := l.folder.lock()
	if err != nil {
		l.report(err)
		return claimed
	}
	defer unlock()
	l.scanLocked() // another process may have claimed some in the meantime
	l.claimOrphans(kind, endpoint, wanted, claimed)
	return claimed
}

// claimOwn claims records of this process: offered ones, and failed ones of an earlier
// run. The failed ones of this run belong to resources that are not being replaced. It
// returns how many fingerprints are left without a record.
func (l *Ledger) claimOwn(kind, endpoint string, wanted []Fingerprint, claimed []*Record) (left int) {
	open := make(map[Fingerprint][]*Record)
	for _, r := range l.own {
		if (r.state == offered || r.state == failed && r.earlier) && r.kind == kind && r.endpoint == endpoint {
			open[r.fingerprint] = append(open[r.fingerprint], r)
		}
	}
	for _, records := range open {
		slices.SortFunc(records, func(a, b *Record) int { return offersFirst(a.state, b.state) })
	}
	for i, f := range wanted {
		if len(open[f]) == 0 {
			left++
			continue
		}
		r := open[f][0]
		open[f] = open[f][1:]
		if r.state == failed {
			l.addRecord(taken, r) // about the tainted resource of the earlier run
		}
		r.setState(accepted)
		claimed[i] = r
	}
	return left
}

// addRecord adds another record of the same job in a state.
func (l *Ledger) addRecord(s state, about *Record) {
	other := *about
	other.nonce, other.state = newNonce(), ""
	other.setState(s)
}

// offersFirst orders states so that failed and stored entries are claimed last: their
// resources may not be replaced at all.
func offersFirst(a, b state) int {
	rank := func(s state) int {
		if s == failed || s == stored {
			return 1
		}
		return 0
	}
	return rank(a) - rank(b)
}

// hasMatch reports whether one of the orphans of the last scan can be claimed for a
// fingerprint that has no record yet.
func (l *Ledger) hasMatch(kind, endpoint string, wanted []Fingerprint, claimed []*Record) bool {
	for i := range l.orphans {
		o := &l.orphans[i]
		marks := o.claimable(kind, endpoint)
		for i, f := range wanted {
			if claimed[i] == nil && len(marks) > 0 && len(marks[o.salt.mark(f)]) > 0 {
				return true
			}
		}
	}
	return false
}

// claimable returns the nonces of the entries that can be claimed, by mark.
func (o *orphan) claimable(kind, endpoint string) map[string][]string {
	marks := make(map[string][]string)
	for _, nonce := range o.order {
		if e := o.entries[nonce]; e.State.claimable() && e.Kind == kind && e.Endpoint == endpoint {
			marks[e.Mark] = append(marks[e.Mark], nonce)
		}
	}
	for _, nonces := range marks {
		slices.SortStableFunc(nonces, func(a, b string) int { return offersFirst(o.entries[a].State, o.entries[b].State) })
	}
	return marks
}

// claimOrphans claims entries of orphans. The caller holds the lock of the folder.
func (l *Ledger) claimOrphans(kind, endpoint string, wanted []Fingerprint, claimed []*Record) {
	var moved []*Record
	tainted := l.tainted() // also where a process died during a claim, which left another entry of the job
	for i := range l.orphans {
		o := &l.orphans[i]
		marks := o.claimable(kind, endpoint)
		for i, f := range wanted {
			if claimed[i] != nil || len(marks) == 0 {
				continue
			}
			mark := o.salt.mark(f)
			for len(marks[mark]) > 0 && claimed[i] == nil {
				e := o.entries[marks[mark][0]]
				marks[mark] = marks[mark][1:]
				if l.claimed[e.Nonce] || e.ID != "" && (l.claimed["id "+e.ID] || l.worksOn(e.ID)) {
					continue // a process that died during a claim leaves the same entry in two files
				}
				l.claimed[e.Nonce], l.claimed["id "+e.ID] = true, true
				claimed[i] = &Record{ledger: l, nonce: e.Nonce, kind: kind, endpoint: endpoint, fingerprint: f, at: e.At, id: e.ID}
				moved = append(moved, claimed[i])
				if tainted[e.ID] {
					l.trades = append(l.trades, trade{kind, endpoint, f, e.ID})
				}
				switch e.State {
				case stored: // the entry stays, as taken
					claimed[i].nonce = newNonce()
				default: // a resource in the state may still have the job: without a refresh, or because the process that removed it died
					l.maybeHeld[e.ID] = true
				}
			}
		}
	}
	if len(moved) == 0 {
		return
	}
	// Write to the file of this process first, so that no entry is lost in between.
	entries := make([]entry, len(moved))
	for i, r := range moved {
		r.state = accepted
		if r.id == "" {
			r.state = intent
		}
		l.own[r.nonce] = r
		entries[i] = r.entry()
	}
	if !l.append(entries...) {
		for _, r := range moved {
			l.maybeHeld[r.id] = true
		}
		l.lockClaimed()
		return
	}
	nonces, ids := make(map[string]bool), make(map[string]bool)
	for _, r := range moved {
		nonces[r.nonce] = true
		if r.id != "" {
			ids[r.id] = true
		}
	}
	l.updateLocked(func(e entry) state {
		switch {
		case !e.State.claimable() || !nonces[e.Nonce] && !ids[e.ID]:
			return e.State
		case e.State == stored:
			return taken
		default:
			return gone
		}
	})
}

// lockClaimed keeps the files with claimed entries locked after a write failed, so that
// no other process claims these entries while this one is alive. The caller holds the
// lock of the folder.
func (l *Ledger) lockClaimed() {
	for i := range l.orphans {
		o := &l.orphans[i]
		if l.lockedFiles[o.name] != nil || len(o.filter(func(e entry) bool { return l.claimed[e.Nonce] })) == 0 {
			continue
		}
		file, _, err := l.folder.openOrphan(o.name, false)
		l.report(err)
		if file != nil {
			l.lockedFiles[o.name] = file
		}
	}
}

// settleLocked deletes, at the end of the process, the entries in locked files that this
// process has claimed and returned.
func (l *Ledger) settleLocked() {
	if len(l.lockedFiles) == 0 {
		return
	}
	l.updateOrphans(func(e entry) state {
		if l.claimed[e.Nonce] && e.State != stored && l.own[e.Nonce] == nil {
			return gone
		}
		return e.State
	})
}

// worksOn reports whether this process has a record of the job, other than a failed or a
// taken one.
func (l *Ledger) worksOn(id string) bool {
	for _, r := range l.own {
		if r.id == id && r.state != failed && r.state != taken {
			return true
		}
	}
	return false
}
