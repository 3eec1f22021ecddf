package process

import (
	"io"
	"log"
	"os"
)

// TakeLibraryLog discards what libraries write to the log of package log, and
// returns a logger for the program itself. net/http quotes there what a server
// sent unasked, which may hold a secret that the server repeats; Terraform would
// write it to its own log.
func TakeLibraryLog() *log.Logger {
	log.SetOutput(io.Discard)
	return log.New(os.Stderr, "", log.LstdFlags)
}
