package runpod

// Spellings are for the tests outside of the package.
var Spellings = spellings
