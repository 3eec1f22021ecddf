//go:build !unix

package main

import "time"

var started = time.Now()

// spent returns the time since the start, where the processor's is not to be had.
func spent() time.Duration { return time.Since(started) }
