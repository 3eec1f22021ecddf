package payload

// CheckSpelling is checkSpelling, which depends on the system.
var CheckSpelling = checkSpelling

// ParseInput is parseInput, which is compared with encoding/json.
var ParseInput = parseInput
