package jobmodel

import (
	"net/url"
	"path"
	"strings"
	"testing"
)

// FuzzImportID asserts that an import ID is refused or is split into two IDs that make
// it up and are safe in a URL.
func FuzzImportID(f *testing.F) {
	for _, seed := range []string{"demo/job-1", "demo", "/", "a/b/c", "../x", "demo/\x00", "demo/sync-1-u1", "ä/ö", " demo/job", "demo/job\n", "a%2fb/c", "a/b?c", "a/b#c", "demo/a.b:c d", "demo/a/../../purge-queue", `demo/..\x`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		endpointID, jobID, err := parseImportID(id)
		if err != nil {
			return
		}
		if endpointID == "" || jobID == "" || endpointID+"/"+jobID != id {
			t.Errorf("%q became %q and %q", id, endpointID, jobID)
		}
		base := &url.URL{Scheme: "https", Host: "api.example.com", Path: "/v2"}
		target := base.JoinPath(endpointID, "status", url.PathEscape(jobID))
		if got, want := target.Path, "/v2/"+endpointID+"/status/"+jobID; got != want || path.Clean(strings.ReplaceAll(got, `\`, "/")) == "/v2/"+endpointID || strings.Count(target.EscapedPath(), "/") != 4 {
			t.Errorf("%q makes the URL %s", id, target)
		}
	})
}
