package process

import (
	"io"
	"log"
	"os"
)

// DiscardLibraryLog discards what libraries write to the standard logger of package
// log, and returns a logger for the program itself. net/http logs unsolicited responses
// there, which may quote a secret, and Terraform would write it to its own log.
func DiscardLibraryLog() *log.Logger {
	log.SetOutput(io.Discard)
	return log.New(os.Stderr, "", log.LstdFlags)
}
