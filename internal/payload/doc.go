// Package payload reads and writes the files with requests and results, so that
// payloads need not be in the state.
//
// Request files are in the JSON Lines format and are read line by line, so memory does
// not grow with their size. Each resource claims the files that it writes, so that no two
// resources write the same file.
package payload
