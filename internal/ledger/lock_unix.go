//go:build unix

package ledger

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// noFollow makes opening a symbolic link fail.
const noFollow = unix.O_NOFOLLOW

// tryLock locks a file until it is closed, and reports whether that succeeded.
func tryLock(f *os.File) (bool, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	var lockErr error
	err = raw.Control(func(fd uintptr) {
		for {
			lockErr = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB) //nolint:gosec // a file descriptor is an int
			if !errors.Is(lockErr, unix.EINTR) {
				return
			}
		}
	})
	switch {
	case err != nil:
		return false, err
	case errors.Is(lockErr, unix.EWOULDBLOCK):
		return false, nil
	default:
		return lockErr == nil, lockErr
	}
}

// release unlocks and closes a file. Closing it is not enough: a child process has a copy
// of the descriptor from its fork until it executes its program, and keeps the lock.
func release(f *os.File) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = unix.Flock(int(fd), unix.LOCK_UN) //nolint:gosec // a file descriptor is an int
		})
	}
	_ = f.Close()
}

// private reports whether only this user can change what is in a folder.
func private(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o022 == 0
}

// alive reports whether a process exists.
func alive(pid int) bool {
	err := unix.Kill(pid, 0)
	return err == nil || errors.Is(err, unix.EPERM)
}

// processSpace identifies where process IDs are valid: the machine since its last start,
// and the PID namespace. It is "" if the system does not provide that.
func processSpace() string {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	namespace, _ := os.Readlink("/proc/self/ns/pid")
	return string(boot) + namespace
}
