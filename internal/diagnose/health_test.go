package diagnose_test

import (
	"encoding/json"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

func TestQueued(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ workers, want string }{
		{`{"idle":0,"initializing":0,"ready":0,"running":0,"throttled":1,"unhealthy":0}`, "1 worker is throttled: no machine is free for them"},
		{`{"idle":0,"ready":0,"running":0,"throttled":2,"unhealthy":3}`, "3 workers are unhealthy: they crash at start or do not answer, so look at their logs; 2 workers are throttled: no machine is free for them"},
		{`{"idle":0,"initializing":1,"ready":0,"running":4}`, "1 worker is starting"},
		{`{"idle":0,"ready":0,"running":4}`, "4 workers are busy, and none is free"},
		{`{"idle":0,"ready":0,"running":0}`, "the endpoint has no workers: its largest number of workers may be 0, or the account's balance used up"},
		{`{"idle":0,"running":0}`, "the endpoint has no workers: its largest number of workers may be 0, or the account's balance used up"},
		{`{"idle":1,"ready":1,"running":0}`, ""},
		{`{"throttled":0}`, ""}, // too little is known
		{`{}`, ""},
	} {
		var health runpod.Health
		if err := json.Unmarshal([]byte(`{"workers":`+tc.workers+`}`), &health); err != nil {
			t.Fatal(err)
		}
		if got := diagnose.Queued(health); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.workers, got, tc.want)
		}
	}
}
