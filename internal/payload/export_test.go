package payload

// CheckSpelling is checkSpelling, which depends on the system.
var CheckSpelling = checkSpelling
