package runpod

import "maps"

// AllOperations are the operations of the table of policies.
var AllOperations = maps.Keys(policies)

// Spellings are for the tests outside of the package.
var Spellings = spellings
