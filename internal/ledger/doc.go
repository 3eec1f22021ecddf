// Package ledger records submissions that a Terraform state may not hold yet. When
// the process is killed, the next one finds the jobs in the ledger and waits for
// them instead of submitting them again.
//
// Several processes share a folder, and the [Ledger] of each appends to a file of
// its own. Each line is an [entry] in one of its states: the first line is written
// before the request is sent, the next when the reply has arrived, another when the
// job has been returned to Terraform. The comment of [state] describes the life of
// an entry. The process holds an advisory lock on its file, which the operating
// system releases when the process ends. A file without a lock was left by a process
// that ended, its entries are orphans, and any other process may claim them.
//
// An entry holds the endpoint, the ID, a time and a salted fingerprint, and no part
// of an input. Nothing is flushed to disk: the ledger protects against the death of
// processes, not of machines. If the folder cannot be used, the ledger reports that
// once and works in memory.
package ledger
