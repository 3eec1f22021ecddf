// Package wait does all the waiting, for every type of the provider: for the end of a
// job (job.go), a stream (stream.go) or a batch (batch.go), and for the health and the
// workers of an endpoint (health.go).
//
// A job is waited for with GET /status-sync, a request that the server holds until the
// job ends. Where that is not served, GET /status is polled at intervals in proportion
// to the time waited so far, which bounds both the delay after the job's end (a
// fraction of its run time) and the number of requests (logarithmic in it).
package wait
