// Command launcher takes the place of a provider's program. It runs the program of the
// same name in the folder "programs" beside it, and then adds a line to the file that
// BENCH_USAGE names: the CPU time and the peak memory of that process, which only its
// parent can read.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/process"
)

// usage is a line of the file.
type usage struct {
	Program string        `json:"program"`
	CPU     time.Duration `json:"cpu_ns"`
	Peak    int64         `json:"peak_bytes"` // 0 if the system does not report it
}

func main() {
	code, err := launch()
	if err != nil {
		fmt.Fprintln(os.Stderr, "launcher:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func launch() (code int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	program := filepath.Join(filepath.Dir(self), "programs", filepath.Base(self))
	cmd := exec.Command(program, os.Args[1:]...) //nolint:gosec // the program that it replaces
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	dieTogether(cmd)
	// An interrupt from the terminal reaches both processes; the program decides when
	// to exit.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	process.WatchParent(func() { os.Exit(1) }) // the program exits as well
	go func() {
		for s := range signals {
			if s == syscall.SIGTERM {
				_ = cmd.Process.Signal(s) // it may have ended
			}
		}
	}()
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	state := cmd.ProcessState
	return state.ExitCode(), record(usage{
		Program: filepath.Base(program), CPU: state.UserTime() + state.SystemTime(), Peak: peak(state),
	})
}

// record adds a line to the file that the caller has named.
func record(u usage) error {
	path := os.Getenv("BENCH_USAGE")
	if path == "" {
		return nil
	}
	line, err := json.Marshal(u)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the caller's own file
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}
