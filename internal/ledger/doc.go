// Package ledger remembers what was submitted and is not in a Terraform state
// yet, so that the death of the process costs nothing: the next one finds the
// jobs and waits for them instead of submitting them again.
//
// A [Ledger] writes to one file per process, in a folder that several processes
// share. Each line is an [entry] as it was at that moment: the first is written
// before the request leaves, the next when the reply has given the id, another
// when the job was returned to Terraform. The process holds an advisory lock on
// its file, which the operating system releases when the process dies. A file
// whose lock is free holds orphans, and another process may claim them.
//
// An entry holds the endpoint, the id, a time and a salted fingerprint, and
// nothing of an input. Nothing is flushed to the disk: the ledger protects
// against the death of processes, not of machines. Where the folder cannot be
// used, the ledger says so once and works in memory.
package ledger
