package jobmodel

import (
	"net/url"
	"testing"
)

// FuzzImportID asserts that an import id is refused or holds two ids that make
// it up again and change no URL.
func FuzzImportID(f *testing.F) {
	for _, seed := range []string{"demo/job-1", "demo", "/", "a/b/c", "../x", "demo/\x00", "demo/sync-1-u1", "ä/ö", " demo/job", "demo/job\n", "a%2fb/c", "a/b?c", "a/b#c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		endpointID, jobID, err := ParseImportID(id)
		if err != nil {
			return
		}
		if endpointID == "" || jobID == "" || endpointID+"/"+jobID != id {
			t.Errorf("%q became %q and %q", id, endpointID, jobID)
		}
		base := &url.URL{Scheme: "https", Host: "api.example.com", Path: "/v2"}
		if got, want := base.JoinPath(endpointID, "status", jobID).String(), "https://api.example.com/v2/"+endpointID+"/status/"+jobID; got != want {
			t.Errorf("%q makes the URL %s", id, got)
		}
	})
}
