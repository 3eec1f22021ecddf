package wait_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// growingAPI is an endpoint that gets one ready worker a minute.
type growingAPI struct {
	fakeAPI
	looks int
	err   error
}

func (g *growingAPI) Health(context.Context, string) (runpod.Health, error) {
	g.looks++
	ready := int64(time.Since(g.started) / time.Minute)
	return runpod.Health{Workers: runpod.WorkerCounts{Ready: &ready}}, g.err
}

func atLeast(n int64) func(runpod.Health) []string {
	return func(h runpod.Health) []string {
		if *h.Workers.Ready < n {
			return []string{"too few"}
		}
		return nil
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		want     int64
		timeout  time.Duration
		err      error
		unmet    bool
		maxLooks int
	}{
		{"met at once", 0, time.Minute, nil, false, 1},
		{"met after two minutes", 2, 10 * time.Minute, nil, false, 60},
		{"not met", 5, 3 * time.Minute, nil, true, 70},
		{"trouble that does not pass", 0, time.Minute, status(503, ""), true, 70},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := &growingAPI{err: tc.err}
				g.started = time.Now()
				_, err := wait.New(g).Health(t.Context(), "ep", tc.timeout, atLeast(tc.want))
				var unmet *wait.UnmetError
				if errors.As(err, &unmet) != tc.unmet || (err == nil) == tc.unmet {
					t.Errorf("got %v", err)
				}
				if g.looks > tc.maxLooks {
					t.Errorf("%d looks", g.looks)
				}
				if tc.unmet && time.Since(g.started) != tc.timeout {
					t.Errorf("took %s", time.Since(g.started))
				}
			})
		})
	}
}

func TestHealth_certificate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &growingAPI{err: untrusted()}
		g.started = time.Now()
		_, err := wait.New(g).Health(t.Context(), "ep", time.Hour, atLeast(1))
		if !runpod.IsCertificateRefused(err) || g.looks != 1 {
			t.Errorf("got %v after %d looks", err, g.looks)
		}
	})
}

// TestHealth_retryAfter: an API that asks for a pause gets it, up to five minutes.
func TestHealth_retryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &growingAPI{err: &runpod.Error{Operation: runpod.OpHealth, Reason: runpod.ReasonStatus, StatusCode: 429, RetryAfter: time.Hour}}
		g.started = time.Now()
		_, err := wait.New(g).Health(t.Context(), "ep", time.Hour, atLeast(1))
		if err == nil || g.looks > 13 {
			t.Errorf("%d looks: %v", g.looks, err)
		}
	})
}

func TestHealth_refusedKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &growingAPI{err: status(401, "")}
		g.started = time.Now()
		_, err := wait.New(g).Health(t.Context(), "ep", time.Hour, atLeast(1))
		if !runpod.IsUnauthorized(err) || g.looks != 1 {
			t.Errorf("got %v after %d looks", err, g.looks)
		}
	})
}
