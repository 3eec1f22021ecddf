package ledger

// New is newLedger.
var New = newLedger
