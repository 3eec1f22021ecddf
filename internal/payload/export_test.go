package payload

// CheckSyntaxOn is checkSyntax, with the system as an argument.
var CheckSyntaxOn = checkSyntax

// ParseInput is parseInput, for a comparison with encoding/json.
var ParseInput = parseInput

// ErrFileChanged is errFileChanged.
var ErrFileChanged = errFileChanged
