package ledger

import (
	"encoding/hex"
	"os"
	"sync"
	"time"
)

// Options say where a ledger is and what it uses.
type Options struct {
	// Dir is the folder; "" keeps everything in memory.
	Dir string
	// Log is called once with why the folder cannot be used. It may be nil.
	Log func(err error)
	// Now is the clock, time.Now when nil.
	Now func() time.Time
	// Step is called before each change of the folder and named after it. An error
	// that it returns is the error of that change. It is for tests, and may be nil.
	Step func(name string) error
}

// Ledger remembers submissions. It is safe for concurrent use. Its methods
// return no errors: where the folder cannot be used, a ledger works in memory.
type Ledger struct {
	o    Options
	salt salt

	mu      sync.Mutex
	folder  *folder // nil when there is none
	off     bool    // the folder cannot be used
	file    *os.File
	name    string              // of the file
	torn    bool                // the last write may have left a part of a line
	own     map[string]*Record  // but for those that were returned, or removed
	settled []string            // the nonces of these
	shared  map[string]bool     // ids that this run took over from a process that had died
	traded  []trade             // jobs that this run took over from resources that are still there
	claimed map[string]bool     // nonces and ids of orphans that this run took over
	held    map[string]*os.File // orphans' files that are kept locked, by name
	orphans []orphan            // as last seen
	seenAt  time.Time           // what the folder looked like then
	looked  int                 // how often
	dying   []string            // files of processes that were about to end then
	awaited map[string]bool     // those that were waited for
	waited  time.Duration       // for how long in all
	holders map[string]holders  // of jobs in removed entries, by id
}

// New returns a ledger. Nothing is read or made before it is needed.
func New(o Options) *Ledger {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Step == nil {
		o.Step = func(string) error { return nil }
	}
	return &Ledger{o: o, salt: newSalt(), own: make(map[string]*Record), shared: make(map[string]bool), claimed: make(map[string]bool), held: make(map[string]*os.File), holders: make(map[string]holders), awaited: make(map[string]bool)}
}

// append writes lines to the file of this process, and reports whether they are
// there. The caller holds the mutex.
func (l *Ledger) append(entries ...entry) bool {
	if !l.open(true) {
		return false
	}
	var lines []byte
	if l.torn {
		lines = append(lines, '\n')
	}
	for _, e := range entries {
		lines = append(lines, encode(e)...)
	}
	err := l.folder.write(l.file, lines)
	l.torn = err != nil
	l.report(err)
	return err == nil
}

// open makes the folder usable, and with file the file of this process as well.
func (l *Ledger) open(file bool) bool {
	if l.off || l.o.Dir == "" {
		return false
	}
	if l.folder == nil {
		f, err := openFolder(l.o.Dir, file, l.o.Step)
		if err != nil {
			l.off = true
			l.report(err)
		}
		if f == nil {
			return false
		}
		l.folder = f
	}
	if !file || l.file != nil {
		return true
	}
	unlock, err := l.folder.lock() // else another process could take the file for an orphan
	if err == nil {
		defer unlock()
		l.name = newNonce() + newNonce() + suffix
		l.file, err = l.folder.create(l.name)
	}
	if err == nil {
		err = l.folder.write(l.file, encode(header{Version: version, Salt: hex.EncodeToString(l.salt[:]), Parent: os.Getppid(), Space: l.salt.markSpace()}))
	}
	if err != nil {
		l.report(err)
		if l.file != nil {
			_ = l.file.Close()
			_ = l.folder.remove(l.name)
		}
		l.file, l.off = nil, true
	}
	return err == nil
}

func (l *Ledger) report(err error) {
	if err != nil && l.o.Log != nil {
		l.o.Log(err)
		l.o.Log = nil
	}
}

// Close ends the use of the ledger in an orderly way: Terraform has stored what
// was returned to it. The ledger must not be used after it.
func (l *Ledger) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settleHeld()
	if l.file != nil {
		l.closeFile()
	} else {
		l.settleRemoved()
	}
	l.closeFolder()
	l.folder, l.off = nil, true
}

func (l *Ledger) closeFile() {
	if len(l.own) > 0 { // what other resources may take over, or what was cut off
		entries := make([]entry, len(l.settled))
		for i, nonce := range l.settled {
			entries[i] = entry{Nonce: nonce, State: gone}
		}
		if len(entries) > 0 {
			l.append(entries...)
		}
		_ = l.file.Close()
		return
	}
	unlock, err := l.folder.lock() // nobody must find the file between the two steps
	_ = l.file.Close()
	if err == nil {
		defer unlock()
		err = l.folder.remove(l.name)
	}
	l.report(err)
}

// Abandon leaves the folder as the death of the process would. It is for tests.
func (l *Ledger) Abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_ = l.file.Close()
	}
	l.closeFolder()
	l.folder, l.file, l.off = nil, nil, true
}

func (l *Ledger) closeFolder() {
	for _, file := range l.held {
		_ = file.Close()
	}
	if l.folder != nil {
		_ = l.folder.root.Close()
	}
}
