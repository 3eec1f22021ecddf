package runpod

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxPathID = 1024 // bounds an id in the path of a URL, in bytes
	maxID     = 4096 // bounds an id in a state
)

// CheckJobID refuses the id of a job or a batch that cannot be put into the path
// of a URL, not even escaped. The API decides what its ids look like.
func CheckJobID(id string) error {
	switch {
	case id == "":
		return errors.New("the id is empty")
	case slices.ContainsFunc(strings.FieldsFunc(id, isSlash), isDots):
		return fmt.Errorf("the id %q would change the path of the URL", Printable(id, maxName))
	case len(id) > maxPathID:
		return fmt.Errorf("the id is longer than %d bytes", maxPathID)
	case !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl):
		return errors.New("the id has control characters")
	}
	return nil
}

// isSlash and isDots find what a gateway that unescapes a path before it cleans it
// would take for a step to another path.
func isSlash(r rune) bool { return r == '/' || r == '\\' }

func isDots(segment string) bool { return segment == "." || segment == ".." }

// escapedPath returns the segments of a path, each escaped for a URL.
func escapedPath(endpointID string, path ...string) []string {
	escaped := []string{url.PathEscape(endpointID)}
	for _, segment := range path {
		escaped = append(escaped, url.PathEscape(segment))
	}
	return escaped
}
