// Package process configures the provider's process: which signals end it, how often it
// collects garbage, and how much the libraries log.
package process
