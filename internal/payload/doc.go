// Package payload reads and writes the files that hold requests and results, so
// that payloads need not be part of the state.
//
// Files of requests are in the JSON Lines format and are read one line at a
// time, so the size of a file makes no difference to memory. Each resource
// claims the file that it is going to write, so that no two write the same one.
package payload
