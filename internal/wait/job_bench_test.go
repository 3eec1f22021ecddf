package wait_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// BenchmarkJob times what a thousand waits for jobs of a minute cost the
// processor, in fake time: with long polls, and with about 58 readings each.
func BenchmarkJob(b *testing.B) {
	for _, bc := range []struct {
		name   string
		noSync int
	}{{"held", 0}, {"polled", 405}} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				inBubble(b, func(t *testing.T) {
					f := &fakeAPI{runs: time.Minute, noSync: bc.noSync, started: time.Now()}
					w := wait.New(f)
					var all sync.WaitGroup
					for range 1000 {
						all.Go(func() {
							if _, err := w.Job(t.Context(), "ep", "job-1", wait.Options{Timeout: time.Hour}); err != nil {
								t.Error(err)
							}
						})
					}
					all.Wait()
				})
			}
		})
	}
}

// inBubble runs f in a bubble of fake time, which only a test can have.
func inBubble(b *testing.B, f func(t *testing.T)) {
	b.Helper()
	all := func(string, string) (bool, error) { return true, nil }
	if !testing.RunTests(all, []testing.InternalTest{{Name: b.Name(), F: func(t *testing.T) { synctest.Test(t, f) }}}) {
		b.Fatal("a wait failed")
	}
}
