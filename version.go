package main

// shortCommit is how much of a commit's hash stands in a version.
const shortCommit = 7

// build is the version with the commit as its build metadata, as semantic
// versioning has it: 1.2.3+0123456. Requests carry it in their User-Agent.
func build(version, commit string) string {
	if commit == "" || commit == "none" {
		return version
	}
	return version + "+" + commit[:min(len(commit), shortCommit)]
}
