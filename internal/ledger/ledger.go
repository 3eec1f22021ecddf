package ledger

import (
	"encoding/hex"
	"os"
	"sync"
	"time"
)

// Options configure a [Ledger].
type Options struct {
	// Dir is the path of the folder. If it is "", the ledger works in memory.
	Dir string
	// Log is called with the first error of the folder, and not again. It may be nil.
	Log func(err error)
	// Now returns the current time. It defaults to [time.Now].
	Now func() time.Time
	// Step is called with the name of each operation on the folder before it happens.
	// If it returns an error, the operation fails with it. It is for tests, and may be
	// nil.
	Step func(name string) error
}

// Ledger records submissions. It is safe for concurrent use, and all methods
// except Close and Abandon do nothing on a nil Ledger. No method returns an error: if the
// folder cannot be used, the ledger works in memory.
type Ledger struct {
	o    Options
	salt salt

	mu          sync.Mutex
	folder      *folder // nil until it is opened
	disabled    bool    // the folder cannot be used
	file        *os.File
	name        string              // of file
	partialLine bool                // the last write failed, and may have left a part of a line
	own         map[string]*Record  // records by nonce, without those in the states returned, removed and gone
	settled     []string            // nonces of entries that are gone at the end of the process
	maybeHeld   map[string]bool     // IDs that this run claimed without leaving a taken entry, and that a resource in the state may have
	trades      []trade             // jobs that this run took over from tainted resources which are not removed yet
	claimed     map[string]bool     // nonces, and IDs after "id ", of the orphans that this run claimed
	lockedFiles map[string]*os.File // files of orphans that this process has claimed but cannot change, by name
	orphans     []orphan            // as of the last scan
	scannedAt   time.Time           // modification time of the folder at the last scan
	scans       int                 // number of scans
	dying       []string            // files of processes that are about to end, as of the last scan
	awaited     map[string]bool     // files that were already waited for
	waited      time.Duration       // total time spent waiting for them
	holders     map[string]holders  // of jobs in removed entries, by job ID
}

// newLedger returns a ledger. It reads and creates nothing before it is needed.
func newLedger(o Options) *Ledger {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Step == nil {
		o.Step = func(string) error { return nil }
	}
	return &Ledger{
		o: o, salt: newSalt(), own: make(map[string]*Record), maybeHeld: make(map[string]bool), claimed: make(map[string]bool),
		lockedFiles: make(map[string]*os.File), holders: make(map[string]holders), awaited: make(map[string]bool),
	}
}

// append writes entries to the file of this process, and reports whether that
// succeeded. The caller holds the mutex.
func (l *Ledger) append(entries ...entry) bool {
	if !l.open(true) {
		return false
	}
	var lines []byte
	if l.partialLine {
		lines = append(lines, '\n')
	}
	for _, e := range entries {
		lines = append(lines, encode(e)...)
	}
	err := l.folder.write(l.file, lines)
	l.partialLine = err != nil
	l.report(err)
	return err == nil
}

// open opens the folder and, with file, creates both the folder and the file of this
// process if necessary. It reports whether they can be used.
func (l *Ledger) open(file bool) bool {
	if l.disabled || l.o.Dir == "" {
		return false
	}
	if l.folder == nil {
		f, err := openFolder(l.o.Dir, file, l.o.Step)
		if err != nil {
			l.disabled = true
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
	unlock, err := l.folder.lock() // otherwise another process could take the file for an orphan before it is locked
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
			release(l.file)
			_ = l.folder.remove(l.name)
		}
		l.file, l.disabled = nil, true
	}
	return err == nil
}

// report passes the first error to Options.Log.
func (l *Ledger) report(err error) {
	if err != nil && l.o.Log != nil {
		l.o.Log(err)
		l.o.Log = nil
	}
}

// Close ends the use of the ledger at the orderly end of the process, when Terraform has
// stored what was returned to it. The ledger must not be used afterwards.
func (l *Ledger) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settleLocked()
	if l.file != nil {
		l.closeFile()
	} else {
		l.settleRemoved()
	}
	l.closeFolder()
	l.folder, l.disabled = nil, true
}

// closeFile removes the file of this process, unless entries in it are still needed.
func (l *Ledger) closeFile() {
	if len(l.own) > 0 { // that other resources may claim, or whose operation was interrupted
		entries := make([]entry, len(l.settled))
		for i, nonce := range l.settled {
			entries[i] = entry{Nonce: nonce, State: gone}
		}
		if len(entries) > 0 {
			l.append(entries...)
		}
		release(l.file)
		return
	}
	unlock, err := l.folder.lock() // no other process must find the file between the two steps
	release(l.file)
	if err == nil {
		defer unlock()
		err = l.folder.remove(l.name)
	}
	l.report(err)
}

// Abandon leaves the folder as if the process had died. It is for tests.
func (l *Ledger) Abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		release(l.file)
	}
	l.closeFolder()
	l.folder, l.file, l.disabled = nil, nil, true
}

// closeFolder closes the folder and the locked files of orphans.
func (l *Ledger) closeFolder() {
	for _, file := range l.lockedFiles {
		release(file)
	}
	if l.folder != nil {
		_ = l.folder.root.Close()
	}
}
