// Package process sets up how the plugin's process behaves: which signals end
// it, how often it collects garbage, and how much the libraries log.
package process
