// Package jobmodel holds what the types that run jobs have in common, in Terraform's
// terms: what a job is submitted with (submission.go), how it is waited for
// (waiting.go), which part of its output is stored (output.go), its result (result.go)
// and how that is reported (report.go).
//
// Its structs are embedded in the models of those types, so each of their fields is an
// attribute of the same name and meaning in all of them. [Gate] is for data sources
// that wait for an endpoint.
package jobmodel
