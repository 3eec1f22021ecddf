package ledger

import "slices"

// Claim takes over submissions with these fingerprints: those that processes
// left behind which have died, and those of resources that are replaced. Each is
// claimed once. The result has a nil where there is nothing to claim.
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
	l.look()
	if !l.wants(kind, endpoint, wanted, claimed) {
		return claimed
	}
	l.open(true)
	unlock, err := l.folder.lock()
	if err != nil {
		l.report(err)
		return claimed
	}
	defer unlock()
	l.lookLocked() // another process may have claimed some
	l.claimOrphans(kind, endpoint, wanted, claimed)
	return claimed
}

// claimOwn claims what this process has: offers, and what a creation that failed
// in an earlier run has left; one of this run has a resource of its own. It returns how many fingerprints are left.
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
			l.note(taken, r)
		}
		r.move(accepted)
		claimed[i] = r
	}
	return left
}

// note adds another record of a job.
func (l *Ledger) note(s state, about *Record) {
	other := *about
	other.nonce, other.state = newNonce(), ""
	other.move(s)
}

// offersFirst compares states: what was offered is to be replaced, and what
// failed may still be.
func offersFirst(a, b state) int {
	rank := func(s state) int {
		if s == failed || s == stored {
			return 1
		}
		return 0
	}
	return rank(a) - rank(b)
}

// wants reports whether an orphan, as last seen, fits.
func (l *Ledger) wants(kind, endpoint string, wanted []Fingerprint, claimed []*Record) bool {
	for i := range l.orphans {
		o := &l.orphans[i]
		marks := o.marks(kind, endpoint)
		for i, f := range wanted {
			if claimed[i] == nil && len(marks) > 0 && len(marks[o.salt.mark(f)]) > 0 {
				return true
			}
		}
	}
	return false
}

// marks returns the nonces of what can be claimed, by mark.
func (o *orphan) marks(kind, endpoint string) map[string][]string {
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

// claimOrphans claims from files. The caller holds the lock of the folder.
func (l *Ledger) claimOrphans(kind, endpoint string, wanted []Fingerprint, claimed []*Record) {
	var moved []*Record
	takenBefore := l.takenBefore()
	for i := range l.orphans {
		o := &l.orphans[i]
		marks := o.marks(kind, endpoint)
		for i, f := range wanted {
			if claimed[i] != nil || len(marks) == 0 {
				continue
			}
			mark := o.salt.mark(f)
			for len(marks[mark]) > 0 && claimed[i] == nil {
				e := o.entries[marks[mark][0]]
				marks[mark] = marks[mark][1:]
				if l.claimed[e.Nonce] || e.ID != "" && (l.claimed["id "+e.ID] || l.holds(e.ID)) {
					continue // two files can say the same when a process died while it claimed
				}
				l.claimed[e.Nonce], l.claimed["id "+e.ID] = true, true
				claimed[i] = &Record{ledger: l, nonce: e.Nonce, kind: kind, endpoint: endpoint, fingerprint: f, at: e.At, id: e.ID}
				moved = append(moved, claimed[i])
				if e.State == stored || takenBefore[e.ID] {
					l.traded = append(l.traded, trade{kind, endpoint, f, e.ID})
				}
				switch e.State {
				case stored: // whose entry stays, as taken
					claimed[i].nonce = newNonce()
				default: // the state may hold it all the same: nothing was refreshed, or a process died that had removed it
					l.shared[e.ID] = true
				}
			}
		}
	}
	if len(moved) == 0 {
		return
	}
	// First into the file of this process, so that none is lost in between.
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
			l.shared[r.id] = true
		}
		l.hold()
		return
	}
	nonces, ids := make(map[string]bool), make(map[string]bool)
	for _, r := range moved {
		nonces[r.nonce] = true
		if r.id != "" {
			ids[r.id] = true
		}
	}
	l.update(func(e entry) state {
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

// hold keeps the files locked that this process has claimed something of and cannot
// write that down, so that no other process claims it while this one lives. The
// caller holds the lock of the folder.
func (l *Ledger) hold() {
	for i := range l.orphans {
		o := &l.orphans[i]
		if l.held[o.name] != nil || len(o.find(func(e entry) bool { return l.claimed[e.Nonce] })) == 0 {
			continue
		}
		file, _, err := l.folder.orphan(o.name, false)
		l.report(err)
		if file != nil {
			l.held[o.name] = file
		}
	}
}

// settleHeld notes at the end of the process what it has claimed and returned, where
// that could not be written down at the time.
func (l *Ledger) settleHeld() {
	if len(l.held) == 0 {
		return
	}
	l.change(func(e entry) state {
		if l.claimed[e.Nonce] && e.State != stored && l.own[e.Nonce] == nil {
			return gone
		}
		return e.State
	})
}

// holds reports whether this process works on a job.
func (l *Ledger) holds(id string) bool {
	for _, r := range l.own {
		if r.id == id && r.state != failed && r.state != taken {
			return true
		}
	}
	return false
}
