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

// homePrefix begins a path in the home folder, as Terraform's file() and a shell read it.
const homePrefix = "~/"

// The temporary name of a file is its name with this prefix and suffix.
const (
	temporaryPrefix = "."
	temporarySuffix = ".partial"
)

// maxName is the length in bytes of the longest name that common file systems allow.
const maxName = 255

// temporaryName returns the path under which a file is written until it is complete.
func temporaryName(target string) string {
	return filepath.Join(filepath.Dir(target), temporaryPrefix+filepath.Base(target)+temporarySuffix)
}

// Paths are cleaned before use, as Terraform's own functions do: "link/.." is the folder
// that contains the link, whatever the target of the link is.

// CheckName returns an error if no file can be written under a name: because
// [CheckSyntax] refuses it, because it is the name of a link, a folder or a device, or
// because something above it is not a folder. It writes nothing.
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

// CheckSyntax returns an error if no file can have a name, whatever is on the disk.
func CheckSyntax(name string) error { return checkSyntax(name, runtime.GOOS == "windows") }

// checkSyntax is CheckSyntax for Windows or for other systems.
func checkSyntax(name string, onWindows bool) error {
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

// windowsDevices are names of devices in every folder on Windows.
var windowsDevices = []string{"con", "prn", "aux", "nul", "conin$", "conout$"}

// refusedByWindows returns why a part of a path is not a valid file name on Windows; "" if
// it is.
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

// Canonical returns the same name for all names that may be the same file on some system,
// so that a configuration is valid either everywhere or nowhere. Names that differ only in
// case, in Unicode normalization, or in trailing dots and spaces are the same file on
// macOS or on Windows.
func Canonical(name string) string { return folded(Resolve(name)) }

// CanonicalAll returns [Canonical] of each name. It resolves each folder only once.
func CanonicalAll(names []string) []string {
	folders := make(map[string]string)
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = folded(resolveIn(folders, name))
	}
	return all
}

// folded returns the same path for all resolved paths that may be the same file on some
// system.
func folded(resolved string) string {
	parts := strings.Split(norm.NFD.String(resolved), string(filepath.Separator))
	for i, part := range parts {
		parts[i] = strings.Map(foldRune, strings.TrimRight(part, ". "))
	}
	folded := strings.Join(parts, string(filepath.Separator))
	return norm.NFC.String(strings.ReplaceAll(folded, foldedSharpS, "SS"))
}

// foldedSharpS is what foldRune returns for ß and ẞ, which some systems match with "ss".
const foldedSharpS = "ß"

// foldRune returns the smallest of all runes that differ from r only in case.
func foldRune(r rune) rune {
	first := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		first = min(first, next)
	}
	return first
}
