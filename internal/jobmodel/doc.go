// Package jobmodel holds what the types that run jobs have in common, in
// Terraform's terms: what a job is made of (submission.go), how it is waited
// for (waiting.go), what is kept of its output (output.go), what became of it
// (result.go) and how that is reported (report.go).
//
// Its structs are embedded in the models of those types, so each of their
// fields is an attribute of the same name and meaning everywhere.
package jobmodel
