package ledger

import (
	"io"
	"os"
	"slices"
	"time"
)

// orphan is a file of a process that has died.
type orphan struct {
	name string
	content
}

// find returns the nonces of entries in the order in which they were made.
func (o *orphan) find(such func(entry) bool) []string {
	var found []string
	for _, nonce := range o.order {
		if such(o.entries[nonce]) {
			found = append(found, nonce)
		}
	}
	return found
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

// look reads the orphans in the folder when files came or went since the last
// time. It waits for processes that are about to end, once for each, for
// dyingTimeout in all, and without the lock of the folder. The caller holds the mutex.
func (l *Ledger) look() {
	if !l.open(false) || l.looked > 0 && l.folder.changed().Equal(l.seenAt) {
		return
	}
	l.looked++
	l.lookOnce()
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
		l.lookOnce()
	}
}

func (l *Ledger) lookOnce() {
	l.dying = nil
	unlock, err := l.folder.lock()
	if err != nil {
		l.report(err)
		return
	}
	defer unlock()
	l.lookLocked()
}

// lookLocked is look for a caller that holds the lock of the folder.
func (l *Ledger) lookLocked() {
	names, err := l.folder.names()
	l.report(err)
	l.orphans, l.dying = nil, nil
	for _, name := range names {
		if name == l.name {
			continue
		}
		o, file := l.read(name)
		if file == nil {
			continue
		}
		_ = file.Close()
		if len(o.entries) == 0 {
			l.report(l.folder.remove(name))
			continue
		}
		l.orphans = append(l.orphans, o)
	}
	// Older entries first, whatever the files are called.
	slices.SortFunc(l.orphans, func(a, b orphan) int {
		return a.entries[a.order[0]].At.Compare(b.entries[b.order[0]].At)
	})
	l.seenAt = l.folder.changed()
}

// read opens the file of a process that has died, nil when it lives, and returns
// what is worth something in it.
func (l *Ledger) read(name string) (orphan, *os.File) {
	file, dying, err := l.folder.orphan(name, l.held[name] != nil)
	l.report(err)
	if dying {
		l.dying = append(l.dying, name)
	}
	if file == nil {
		return orphan{}, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		l.report(err)
		_ = file.Close()
		return orphan{}, nil
	}
	info, err := file.Stat()
	if err != nil {
		l.report(err)
		_ = file.Close()
		return orphan{}, nil
	}
	o := orphan{name, parse(file)}
	now := l.o.Now()
	old := func(at time.Time) bool { return at.Before(now.Add(-maxAge)) }
	if o.version != version && (o.version != 0 || o.whole && !old(info.ModTime())) {
		_ = file.Close() // it is not for this version to read, or to remove
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
	o.order = slices.DeleteFunc(o.order, func(nonce string) bool { _, there := o.entries[nonce]; return !there })
	return o, file
}

// change changes the state of entries of orphans, for a caller that holds the mutex
// and has looked.
func (l *Ledger) change(next func(entry) state) {
	changes := func(e entry) bool { return next(e) != e.State }
	if !slices.ContainsFunc(l.orphans, func(o orphan) bool { return len(o.find(changes)) > 0 }) {
		return
	}
	unlock, err := l.folder.lock()
	if err != nil {
		l.report(err)
		return
	}
	defer unlock()
	l.update(next)
}

// update changes the state of entries of orphans. The caller holds the lock of
// the folder.
func (l *Ledger) update(next func(entry) state) {
	for i := range l.orphans {
		o := &l.orphans[i]
		if len(o.find(func(e entry) bool { return next(e) != e.State })) == 0 {
			continue
		}
		now, file := l.read(o.name)
		if file == nil {
			continue
		}
		lines := []byte{'\n'} // the last line may be cut off
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
		now.order = slices.DeleteFunc(now.order, func(nonce string) bool { _, there := now.entries[nonce]; return !there })
		if len(now.order) > 0 {
			l.report(l.folder.write(file, lines))
			_ = file.Close()
		} else {
			_ = file.Close()
			l.report(l.folder.remove(o.name))
		}
		*o = now
	}
	l.orphans = slices.DeleteFunc(l.orphans, func(o orphan) bool { return len(o.order) == 0 })
	l.seenAt = l.folder.changed()
}
