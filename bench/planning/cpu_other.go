//go:build !unix

package main

import "time"

var started = time.Now()

// spent returns the time since the start, where the CPU time is not available.
func spent() time.Duration { return time.Since(started) }
