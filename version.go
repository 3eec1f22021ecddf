package main

// shortCommit is the length of a commit's hash in a version, in characters.
const shortCommit = 7

// build returns the version with the commit as build metadata, in semantic versioning's
// format: 1.2.3+0123456. It is part of the User-Agent of every request.
func build(version, commit string) string {
	if commit == "" || commit == "none" {
		return version
	}
	return version + "+" + commit[:min(len(commit), shortCommit)]
}
