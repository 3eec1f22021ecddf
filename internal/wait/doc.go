// Package wait does all the waiting, for every type of the provider: for the
// end of a job (job.go), of a stream (stream.go), of a batch (batch.go), and for
// an endpoint's health (health.go).
//
// A job is waited for with GET /status-sync, a request that the server holds
// until the job ends. Where that is not served, GET /status is asked at
// intervals in proportion to the time waited so far, which bounds both the
// delay after the job's end (a share of its run time) and the number of
// requests (the logarithm of it).
package wait
