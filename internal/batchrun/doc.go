// Package batchrun runs batches of the Batch API: it fills a draft and finalizes it
// (fill.go), waits for its end (run.go), and reads the results of its requests
// (results.go). It knows nothing of Terraform.
//
// Nothing of a batch runs, or is billed, before it is finalized. So after any call of
// unknown outcome the batch is read to see what arrived, nothing is sent twice on a
// guess, and a draft that does not have exactly the requests it should is never
// finalized.
package batchrun
