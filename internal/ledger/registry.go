package ledger

import "sync"

// Registry has the ledgers of a process, one for each folder. The ledgers of its zero
// value work in memory. It is safe for concurrent use.
type Registry struct {
	// Options are the options of each ledger. Dir is ignored.
	Options Options
	// Persist makes the ledgers use their folders instead of memory.
	Persist bool

	mu   sync.Mutex
	open map[string]*Ledger
}

// Open returns the ledger for a folder, or the one in memory if dir is "". log is called
// with the first error of the folder, unless Options has a Log. Opening a ledger that is
// open begins another Terraform run.
func (r *Registry) Open(dir string, log func(error)) *Ledger {
	if !r.Persist {
		dir = ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.open[dir]; l != nil {
		l.begin()
		return l
	}
	o := r.Options
	o.Dir = dir
	if o.Log == nil {
		o.Log = log
	}
	if r.open == nil {
		r.open = make(map[string]*Ledger)
	}
	r.open[dir] = newLedger(o)
	return r.open[dir]
}

// begin begins another Terraform run in the same process, which happens when the
// provider runs in a debugger.
func (l *Ledger) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.maybeHeld)
	clear(l.claimed)
	l.trades = nil
	clear(l.holders)
	for _, r := range l.own {
		r.earlier = true
	}
}

// Close closes all ledgers.
func (r *Registry) Close() { r.each((*Ledger).Close) }

// Abandon abandons all ledgers. It is for tests.
func (r *Registry) Abandon() { r.each((*Ledger).Abandon) }

func (r *Registry) each(do func(*Ledger)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.open {
		do(l)
	}
	r.open = nil
}
