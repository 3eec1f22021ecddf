package runpod_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// TestRateLimitHeader: an exhausted quota sets how long the client waits, in both forms
// of the header; the longest time in a reply counts.
func TestRateLimitHeader(t *testing.T) {
	for name, tc := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"a quota that is used up":       {http.Header{"Ratelimit": {`"default";r=0;t=30`}}, 30 * time.Second},
		"with its policy in front":      {http.Header{"Ratelimit": {`"burst";pk=:Zm9v:;r=0;t=7`}}, 7 * time.Second},
		"something remains":             {http.Header{"Ratelimit": {`"default";r=10;t=30`}}, 0},
		"the longest of several":        {http.Header{"Ratelimit": {`"burst";r=0;t=5, "day";r=0;t=60`}}, time.Minute},
		"only one of several":           {http.Header{"Ratelimit": {`"burst";r=0;t=5, "day";r=4;t=60`}}, 5 * time.Second},
		"two header lines":              {http.Header{"Ratelimit": {`"burst";r=0;t=5`, `"day";r=0;t=9`}}, 9 * time.Second},
		"the form of earlier drafts":    {http.Header{"Ratelimit": {"limit=100, remaining=0, reset=20"}}, 20 * time.Second},
		"the same with something left":  {http.Header{"Ratelimit": {"limit=100, remaining=1, reset=20"}}, 0},
		"together with a shorter other": {http.Header{"Ratelimit": {`"default";r=0;t=30`}, "Retry-After": {"3"}}, 30 * time.Second},
		"together with a longer other":  {http.Header{"Ratelimit": {`"default";r=0;t=3`}, "Retry-After": {"30"}}, 30 * time.Second},
		"what is no number":             {http.Header{"Ratelimit": {`"default";r=zero;t=soon`}}, 0},
		"a number beyond all bounds":    {http.Header{"Ratelimit": {`"default";r=0;t=99999999999999999999`}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, &script{answers: []answer{{status: 429, header: tc.header, body: `{}`}}}, func(o *runpod.Options) { o.MaxRetries = new(int) })
				_, err := c.Health(t.Context(), "ep")
				var e *runpod.Error
				if !errors.As(err, &e) || e.RetryAfter != tc.want {
					t.Errorf("got %v, want a wait of %s", err, tc.want)
				}
			})
		})
	}
}
