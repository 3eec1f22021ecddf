package runpod_test

import (
	"context"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// TestInterrupt_everyExchange interrupts exchanges that do not end by themselves,
// at every moment. The call returns after the grace period, having sent nothing
// more. That the period is 10 s is in TestInterruptedSubmission.
func TestInterrupt_everyExchange(t *testing.T) {
	t.Parallel()
	for _, at := range moments[1:] {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			forEachOperation(func(op runpod.Operation) {
				reached := make(chan struct{}, 1)
				s := startFrameServer(t, &frameServer{at: at, reply: success[op], breakOff: func(*frameConn, uint32) bool {
					reached <- struct{}{}
					return false
				}})
				client := tableClient(t, runpod.Options{BaseURL: s.url, TLS: s.tls, RequestTimeout: time.Hour, InterruptGrace: 50 * time.Millisecond})
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				go func() {
					<-reached
					interrupt()
				}()
				err := callLarge(ctx, client, op)
				e, ok := runpod.AsError(err)
				if begun, _, _ := s.tally.get(); !ok || begun != 1 || e.Attempts != 1 {
					t.Errorf("%s: %d requests, error %v", op, begun, err)
					return
				}
				if e.Reason != runpod.ReasonInterrupted || !e.Unknown {
					t.Errorf("%s: reason %d, unknown %v: %v", op, e.Reason, e.Unknown, err)
				}
			})
		})
	}
}
