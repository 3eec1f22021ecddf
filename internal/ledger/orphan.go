package ledger

import (
	"io"
	"os"
	"slices"
	"time"
)

// orphan is a file that was left by a process that ended.
type orphan struct {
	name string
	content
}

// filter returns the nonces of the entries that match, in the order of [content].order.
func (o *orphan) filter(match func(entry) bool) []string {
	var found []string
	for _, nonce := range o.order {
		if match(o.entries[nonce]) {
			found = append(found, nonce)
		}
	}
	return found
}

// HasOrphans reports whether there are entries of processes that ended.
func (l *Ledger) HasOrphans() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scan()
	return len(l.orphans) > 0
}

// scan reads the orphans in the folder if files were added or removed since the last
// scan. It waits for processes that are about to end, once for each and dyingTimeout in
// total, without holding the lock of the folder. The caller holds the mutex.
func (l *Ledger) scan() {
	if !l.open(false) || l.scans > 0 && l.folder.modTime().Equal(l.scannedAt) {
		return
	}
	l.scans++
	l.scanOnce()
	again := false
	for _, name := range l.dying {
		if !l.awaited[name] {
			l.awaited[name] = true
			waited, ended := l.folder.await(name, dyingTimeout-l.waited)
			l.waited += waited
			again = again || ended
		}
	}
	if again {
		l.scanOnce()
	}
}

// scanOnce reads the orphans in the folder without waiting for any process.
func (l *Ledger) scanOnce() {
	l.dying = nil
	unlock, err := l.folder.lock()
	if err != nil {
		l.report(err)
		return
	}
	defer unlock()
	l.scanLocked()
}

// scanLocked is scanOnce for a caller that holds the lock of the folder.
func (l *Ledger) scanLocked() {
	names, err := l.folder.names()
	l.report(err)
	l.orphans, l.dying = nil, nil
	for _, name := range names {
		if name == l.name {
			continue
		}
		o, file := l.openOrphan(name)
		if file == nil {
			continue
		}
		release(file)
		if len(o.entries) == 0 {
			l.report(l.folder.remove(name))
			continue
		}
		l.orphans = append(l.orphans, o)
	}
	// Older entries come first. The names of the files are random.
	slices.SortFunc(l.orphans, func(a, b orphan) int {
		return a.entries[a.order[0]].At.Compare(b.entries[b.order[0]].At)
	})
	l.scannedAt = l.folder.modTime()
}

// openOrphan opens, locks and reads a file, and returns its entries that are neither
// gone nor too old. The file is nil if its process is alive, or if this version must not
// change it.
func (l *Ledger) openOrphan(name string) (orphan, *os.File) {
	file, dying, err := l.folder.openOrphan(name, l.lockedFiles[name] != nil)
	l.report(err)
	if dying {
		l.dying = append(l.dying, name)
	}
	if file == nil {
		return orphan{}, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		l.report(err)
		release(file)
		return orphan{}, nil
	}
	info, err := file.Stat()
	if err != nil {
		l.report(err)
		release(file)
		return orphan{}, nil
	}
	o := orphan{name, parse(file)}
	now := l.o.Now()
	old := func(at time.Time) bool { return at.Before(now.Add(-maxAge)) }
	if o.version != version && (o.version != 0 || o.headerComplete && !old(info.ModTime())) {
		release(file) // written by a newer version, or not by a ledger: leave it alone
		return orphan{}, nil
	}
	for nonce, e := range o.entries {
		at := e.At
		if at.IsZero() || at.After(now) {
			at = info.ModTime()
		}
		if o.version == 0 || e.State == gone || old(at) {
			delete(o.entries, nonce)
		}
	}
	o.prune()
	return o, file
}

// updateOrphans moves each entry of the orphans to the state that next returns for it.
// The caller holds the mutex and has scanned the folder.
func (l *Ledger) updateOrphans(next func(entry) state) {
	changes := func(e entry) bool { return next(e) != e.State }
	if !slices.ContainsFunc(l.orphans, func(o orphan) bool { return len(o.filter(changes)) > 0 }) {
		return
	}
	unlock, err := l.folder.lock()
	if err != nil {
		l.report(err)
		return
	}
	defer unlock()
	l.updateLocked(next)
}

// updateLocked is updateOrphans for a caller that holds the lock of the folder. It
// removes files without entries.
func (l *Ledger) updateLocked(next func(entry) state) {
	for i := range l.orphans {
		o := &l.orphans[i]
		if len(o.filter(func(e entry) bool { return next(e) != e.State })) == 0 {
			continue
		}
		now, file := l.openOrphan(o.name)
		if file == nil {
			continue
		}
		lines := []byte{'\n'} // the last line of the file may be incomplete
		for _, nonce := range now.order {
			e := now.entries[nonce]
			s := next(e)
			if s == e.State {
				continue
			}
			if e.State = s; s == gone {
				delete(now.entries, nonce)
				e = entry{Nonce: nonce, State: gone}
			} else {
				now.entries[nonce] = e
			}
			lines = append(lines, encode(e)...)
		}
		now.prune()
		if len(now.order) > 0 {
			l.report(l.folder.write(file, lines))
			release(file)
		} else {
			release(file)
			l.report(l.folder.remove(o.name))
		}
		*o = now
	}
	l.orphans = slices.DeleteFunc(l.orphans, func(o orphan) bool { return len(o.order) == 0 })
	l.scannedAt = l.folder.modTime()
}
