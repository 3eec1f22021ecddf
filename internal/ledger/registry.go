package ledger

import "sync"

// Registry holds the ledgers of a process, one for each folder. Its zero value
// keeps everything in memory.
type Registry struct {
	// Options are those of each ledger, but for the folder.
	Options Options
	// Persist makes the ledgers use their folders.
	Persist bool

	mu   sync.Mutex
	open map[string]*Ledger
}

// Open returns the ledger in a folder, "" for none.
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
	r.open[dir] = New(o)
	return r.open[dir]
}

// begin begins another run of Terraform in the same process, as with a debugger.
func (l *Ledger) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.shared)
	clear(l.claimed)
	l.traded = nil
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
