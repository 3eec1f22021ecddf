package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the path of the repository from this package's directory.
const root = "../.."

// repository lists the URL prefixes of absolute links to the repository's own files.
// Pages that the registry shows need absolute links.
var repository = []string{
	"https://raw.githubusercontent.com/runpodserverless/terraform-provider-runpodserverless/main/",
	"https://github.com/runpodserverless/terraform-provider-runpodserverless/blob/main/",
	"https://github.com/runpodserverless/terraform-provider-runpodserverless/tree/main/",
}

var (
	fence   = regexp.MustCompile("(?ms)^```.*?^```[^\n]*$")
	code    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?[^)]*\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	anchor  = regexp.MustCompile(`<a id="([^"]+)"`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinks resolves every link to a file of the repository, relative or
// absolute, and every link to a heading.
func TestLinks(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, page := range pages(t) {
		text := fence.ReplaceAllString(readPage(t, page), "")
		for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(text, "code"), -1) {
			if why := broken(t, page, match[1]); why != "" {
				t.Errorf("%s: the link to %s: %s", page, match[1], why)
			}
			checked++
		}
	}
	if checked == 0 {
		t.Error("no link was found; the pattern is wrong")
	}
}

// pages returns the Markdown files at the top and in docs, examples and .github.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := fs.Glob(os.DirFS(root), "*.md")
	if err != nil || len(found) == 0 {
		t.Fatalf("no Markdown file at the top: %v", err)
	}
	for _, folder := range []string{"docs", "examples", ".github"} {
		err := fs.WalkDir(os.DirFS(root), folder, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && path.Ext(name) == ".md" {
				found = append(found, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// broken returns why a link of a page is broken; "" if it works or leads out of the
// repository.
func broken(t *testing.T, page, target string) string {
	t.Helper()
	relative := true
	for _, prefix := range repository {
		if rest, ok := strings.CutPrefix(target, prefix); ok {
			target, relative = rest, false
		}
	}
	if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
		return ""
	}
	file, fragment, _ := strings.Cut(target, "#")
	switch {
	case file == "":
		file = page
	case relative:
		file = path.Join(path.Dir(page), file)
	}
	if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(file))); err != nil {
		return "there is no " + file
	}
	if fragment == "" || path.Ext(file) != ".md" {
		return ""
	}
	text := fence.ReplaceAllString(readPage(t, file), "")
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		if slug(match[1]) == fragment {
			return ""
		}
	}
	for _, match := range anchor.FindAllStringSubmatch(text, -1) {
		if match[1] == fragment {
			return ""
		}
	}
	return file + " has no heading #" + fragment
}

// slug returns the anchor of a heading on GitHub and in the registry.
func slug(text string) string {
	return strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(text), ""), " ", "-")
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Release":                        "release",
		"What a test may lean on":        "what-a-test-may-lean-on",
		"`input_wo` and `headers`, both": "input_wo-and-headers-both",
	} {
		if got := slug(text); got != want {
			t.Errorf("slug(%q): got %q, want %q", text, got, want)
		}
	}
}
