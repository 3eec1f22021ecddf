// Package batchrun runs batches of the Batch API: it fills a draft and
// finalizes it (fill.go), waits for its end (run.go), and reads what became of
// its requests (results.go). It knows nothing of Terraform.
//
// Nothing of a batch runs, or costs, before it is finalized. So whatever the
// outcome of a call, the batch itself is asked what arrived, nothing is sent
// twice on a guess, and a draft that does not hold exactly the requests it
// should is never finalized.
package batchrun
