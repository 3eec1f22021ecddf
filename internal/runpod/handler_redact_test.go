package runpod

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// TestRedaction: an error leaves the client without the secrets of the client and of
// the call, and with nothing but known causes.
func TestRedaction(t *testing.T) {
	t.Parallel()
	const key, webhook = "rpa_the_key_of_the_client", "https://example.com/hooks/of-the-call"
	type quoting struct{ error } // as net/http does it
	for name, tc := range map[string]struct {
		err   error
		known error // nil when there is none
	}{
		"refused":       {fmt.Errorf("dial with %s: %w", key, syscall.ECONNREFUSED), syscall.ECONNREFUSED},
		"a certificate": {fmt.Errorf("for %s: %w", key, x509.UnknownAuthorityError{}), errCertificate},
		"no known one":  {quoting{errors.New("malformed reply " + key + " to " + webhook)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := withRedaction(func(_ context.Context, k *call) *Error {
				e := k.fail(ReasonTransport, tc.err)
				e.Message = "sent " + webhook + " with " + key
				return e
			}, newSecretBook(key))
			e := h(t.Context(), &call{op: OpRun, secrets: newRedactor(webhook)})
			for _, secret := range []string{key, webhook} {
				if text := e.Error() + e.Message + e.Err.Error(); strings.Contains(text, secret) {
					t.Errorf("%q is in %s", secret, text)
				}
			}
			if tc.known != nil && !errors.Is(e.Err, tc.known) {
				t.Errorf("%v is not %v", e.Err, tc.known)
			}
			if errors.Is(e.Err, tc.err) || errors.As(e.Err, new(quoting)) {
				t.Errorf("%v can still be asked for what was quoted", e.Err)
			}
		})
	}
}

// TestRedaction_interrupt: the cause of an interrupt is the caller's own and stays.
func TestRedaction_interrupt(t *testing.T) {
	t.Parallel()
	own := errors.New("stopped")
	h := withRedaction(func(_ context.Context, k *call) *Error { return k.fail(ReasonInterrupted, own) }, newSecretBook("the_key_of_the_client"))
	if e := h(t.Context(), &call{op: OpRun}); e == nil || !errors.Is(e.Err, own) {
		t.Errorf("got %v", e)
	}
	none := withRedaction(func(context.Context, *call) *Error { return nil }, newSecretBook("the_key_of_the_client"))
	if e := none(t.Context(), &call{op: OpRun}); e != nil {
		t.Errorf("got %v", e)
	}
}
