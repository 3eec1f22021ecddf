package runpod

import (
	"context"
	"errors"
	"io"
	"syscall"
)

// withRedaction removes the secrets of the client and of the call from the error, and
// bounds its length. Every text from outside leaves the client through it. The causes
// below the error are reduced to what callers can ask for, because net/http and
// crypto/tls quote what a server sent.
func withRedaction(next handler, secrets *secretBook) handler {
	return func(ctx context.Context, k *call) *Error {
		e := next(ctx, k)
		if e == nil {
			return nil
		}
		e.Message = k.secrets.redact(secrets.redact(e.Message))
		if e.Err != nil && e.Reason != ReasonInterrupted { // an interrupt's cause is the caller's own
			e.Err = &cause{
				text:  shorten(k.secrets.redact(secrets.redact(e.Err.Error()))),
				known: knownCauses(e.Err),
			}
		}
		return e
	}
}

// cause is an error with a text that can be shown.
type cause struct {
	text  string
	known []error
}

// Error implements error.
func (c *cause) Error() string { return c.text }

// Unwrap returns the causes that quote nothing from outside.
func (c *cause) Unwrap() []error { return c.known }

// errCertificate stands for the errors of crypto/x509, whose texts hold parts of
// a certificate.
var errCertificate = errors.New("the certificate was not accepted")

// knownCauses returns what a caller may look for with errors.Is and errors.As.
func knownCauses(err error) []error {
	var known []error
	for _, one := range []error{
		context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF,
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, errProxyAddress,
	} {
		if errors.Is(err, one) {
			known = append(known, one)
		}
	}
	var refused *proxyRefusal
	if errors.As(err, &refused) {
		known = append(known, refused)
	}
	if isCertificateError(err) {
		known = append(known, errCertificate)
	}
	return known
}
