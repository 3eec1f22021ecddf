// Package jobrun runs one job from its submission to its end. Every face of a
// job in the provider (resource, ephemeral resource, action) uses it, so that
// an interrupt, a timeout or a failure means the same everywhere.
//
// It keeps two promises: a submission is never cut off before its id could be
// learnt, and a job that was submitted is either waited for, cancelled, or
// named in what Finish returns.
package jobrun
