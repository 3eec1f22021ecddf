package batchrun

// Errors, for the tests outside of the package.
var (
	ErrChanged    = errChanged
	ErrNotCounted = errNotCounted
)

// IncompleteError is incompleteError.
type IncompleteError = incompleteError
