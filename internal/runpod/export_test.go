package runpod

import "maps"

// AllOperations are the operations of the table of policies.
var AllOperations = maps.Keys(policies)

// ProxyRefusal returns the error for a proxy that refuses the connection.
func ProxyRefusal(status int) error { return &proxyRefusal{status: status} }

// Spellings are for the tests outside of the package.
var Spellings = spellings
