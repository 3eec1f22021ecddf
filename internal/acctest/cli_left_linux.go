package acctest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// inGroup returns the command lines of the running processes of a group.
func inGroup(group int) []string {
	return processes(func(dir string) bool {
		stat, _ := os.ReadFile(filepath.Join(dir, "stat")) // empty if the process has exited meanwhile
		_, fields, _ := strings.Cut(string(stat), ") ")    // the name before it may contain any character
		var state string
		var parent, own int
		n, _ := fmt.Sscan(fields, &state, &parent, &own)
		return n == 3 && own == group && state != "Z" && state != "X"
	})
}

// withVariable returns the command lines of the other processes that were started with
// this environment variable.
func withVariable(variable string) []string {
	self := fmt.Sprintf("/proc/%d", os.Getpid())
	return processes(func(dir string) bool {
		environment, _ := os.ReadFile(filepath.Join(dir, "environ"))
		return dir != self && strings.Contains("\x00"+string(environment), "\x00"+variable+"\x00")
	})
}

// processes returns the command lines of the processes for which such is true.
func processes(such func(dir string) bool) []string {
	var found []string
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is valid
	for _, dir := range dirs {
		if such(dir) {
			command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
			found = append(found, filepath.Base(dir)+" "+strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " ")))
		}
	}
	return found
}
