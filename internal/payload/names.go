package payload

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var (
	errLink         = errors.New("is a symbolic link, which the file would replace")
	errFolder       = errors.New("is a folder")
	errIrregular    = errors.New("is not a regular file, and would be replaced by one")
	errNotAFolder   = errors.New("is not a folder")
	errTooLong      = errors.New("has a name that is too long")
	errFolderName   = errors.New("is the name of a folder")
	errHome         = errors.New(`begins with "~", which is a folder of that name here and not your home folder: use pathexpand("~/…"), or "./~/…" for the folder`)
	errNull         = errors.New("contains a null character")
	errOtherProcess = errors.New("is being written by another process, too")
	errTemporary    = errors.New("has a name that is reserved for files that are not written completely")
)

// homePrefix begins a path that Terraform's file() and a shell take for one in the home
// folder.
const homePrefix = "~/"

// The temporary name of a file is its own name between these.
const (
	temporaryPrefix = "."
	temporarySuffix = ".partial"
)

// maxName is the length of the longest name that a folder takes, in bytes.
const maxName = 255

// temporaryName returns the name under which a file is written.
func temporaryName(target string) string {
	return filepath.Join(filepath.Dir(target), temporaryPrefix+filepath.Base(target)+temporarySuffix)
}

// Names are cleaned before they are used, as Terraform's own functions do it: "link/.."
// is the folder that holds the link, wherever the link leads.

// CheckName reports why no file can be written under a name, without writing
// anything: a link, a folder or a device has the name, or something other than a
// folder is above it.
func CheckName(name string) error {
	if err := CheckSyntax(name); err != nil {
		return err
	}
	switch info, err := os.Lstat(filepath.Clean(name)); {
	case err != nil:
	case info.Mode()&os.ModeSymlink != 0:
		return fmt.Errorf("%s %w", name, errLink)
	case info.IsDir():
		return fmt.Errorf("%s %w", name, errFolder)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s %w", name, errIrregular)
	}
	for folder := filepath.Dir(name); ; folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("%s %w", folder, errNotAFolder)
		}
		if err == nil || folder == filepath.Dir(folder) {
			return nil
		}
	}
}

// CheckSyntax reports why no file can have a name, whatever is on the disk.
func CheckSyntax(name string) error { return checkSpelling(name, runtime.GOOS == "windows") }

// checkSpelling reports what is wrong with a name, whatever is in its folder.
func checkSpelling(name string, onWindows bool) error {
	_, last := filepath.Split(name)
	base := filepath.Base(name)
	switch {
	case last == "" || last == "." || last == "..":
		return fmt.Errorf("%s %w", name, errFolderName)
	case strings.HasPrefix(filepath.ToSlash(name), homePrefix):
		return fmt.Errorf("%s %w", name, errHome)
	case strings.ContainsRune(name, 0):
		return fmt.Errorf("%q %w", name, errNull)
	case slices.ContainsFunc(strings.Split(filepath.ToSlash(name), "/"), func(part string) bool { return len(part) > maxName }):
		return fmt.Errorf("%s %w", name, errTooLong)
	case len(temporaryPrefix+base+temporarySuffix) > maxName:
		return fmt.Errorf("%s %w", name, errTooLong)
	case strings.HasPrefix(base, temporaryPrefix) && strings.HasSuffix(strings.ToLower(base), temporarySuffix):
		return fmt.Errorf("%s %w", name, errTemporary)
	case !onWindows:
		return nil
	}
	rest := strings.TrimPrefix(name, filepath.VolumeName(name))
	for _, part := range strings.FieldsFunc(rest, func(r rune) bool { return r == '/' || r == '\\' }) {
		if reason := refusedByWindows(part); reason != "" {
			return fmt.Errorf("%s has a part that Windows does not take as a name: %q %s", name, part, reason)
		}
	}
	return nil
}

// windowsDevices are the names that stand for devices in every folder of Windows.
var windowsDevices = []string{"con", "prn", "aux", "nul", "conin$", "conout$"}

// refusedByWindows returns why Windows would take a part of a path for something
// else than the name of a file or a folder in the folder before it; "" when it would not.
func refusedByWindows(part string) string {
	if part == "." || part == ".." {
		return ""
	}
	stem, _, _ := strings.Cut(strings.ToLower(part), ".")
	stem = strings.TrimRight(stem, " ")
	port := strings.TrimPrefix(strings.TrimPrefix(stem, "com"), "lpt")
	switch {
	case strings.ContainsAny(part, `<>:"|?*`):
		return `contains one of < > : " | ? *`
	case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " "):
		return "ends with a dot or a space"
	case slices.Contains(windowsDevices, stem), len(stem) > len(port) && len([]rune(port)) == 1 && strings.Contains("0123456789¹²³", port):
		return "is the name of a device"
	}
	return ""
}

// Canonical returns one name for all names that lead to the same file: on whatever
// system, so that a configuration means the same on each. Names that differ only in
// case, in how Unicode composes a letter, or in dots and spaces at the end are those
// of one file on macOS or on Windows.
func Canonical(name string) string { return folded(Resolve(name)) }

// CanonicalAll returns what [Canonical] returns of each name. The folder of many
// files is resolved once.
func CanonicalAll(names []string) []string {
	folders := make(map[string]string)
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = folded(resolveIn(folders, name))
	}
	return all
}

// folded returns one spelling for all that lead to one file on some system.
func folded(resolved string) string {
	parts := strings.Split(norm.NFD.String(resolved), string(filepath.Separator))
	for i, part := range parts {
		parts[i] = strings.Map(foldRune, strings.TrimRight(part, ". "))
	}
	folded := strings.Join(parts, string(filepath.Separator))
	return norm.NFC.String(strings.ReplaceAll(folded, foldedSharpS, "SS"))
}

// foldedSharpS is what foldRune makes of ß and ẞ, which match two letters.
const foldedSharpS = "ß"

// foldRune returns one letter for all that differ in case only: the first of them.
func foldRune(r rune) rune {
	first := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		first = min(first, next)
	}
	return first
}
