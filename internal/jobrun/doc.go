// Package jobrun runs jobs from their submission to their end: one (submit.go,
// finish.go) or many at once (many.go), and reads stored ones (read_job.go). Every
// kind of job in the provider (resource, set, ephemeral resource, action) uses it, so
// that an interrupt, a timeout or a failure means the same everywhere.
//
// It keeps two promises: a submission is never cut off before its reply could arrive
// with the id, and a job that was submitted is either waited for, cancelled, or named
// in what Finish returns.
package jobrun
