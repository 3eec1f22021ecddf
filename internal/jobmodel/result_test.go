package jobmodel_test

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// TestRetriable: an end in the future, by the clock of another machine, is not recent.
func TestRetriable(t *testing.T) {
	t.Parallel()
	for ago, want := range map[time.Duration]bool{time.Minute: true, 31 * time.Minute: false, -time.Minute: false, -48 * time.Hour: false} {
		r := jobmodel.Record{Status: types.StringValue("FAILED"), CompletedAt: timetypes.NewRFC3339TimeValue(time.Now().Add(-ago))}
		if r.Retriable() != want {
			t.Errorf("%s ago: %v", ago, r.Retriable())
		}
	}
}

// TestSameEnd: texts are equal in any Unicode normal form. Terraform stores form C.
func TestSameEnd(t *testing.T) {
	t.Parallel()
	const stored = "caf\u00e9"
	for text, want := range map[string]bool{stored: true, "cafe\u0301": true, "cafe": false} {
		var r jobmodel.Record
		r.SetJob(runpod.Job{ID: "j", Status: runpod.StatusFailed, Error: &runpod.JobError{Type: stored, Message: stored, Traceback: stored, Raw: stored}})
		now := runpod.Job{ID: "j", Status: runpod.StatusFailed, Error: &runpod.JobError{Type: text, Message: text, Traceback: text, Raw: text}}
		if r.SameEnd(now) != want {
			t.Errorf("%+q: %v", text, r.SameEnd(now))
		}
	}
}
