package runpod

import "context"

// withAddressHint adds the hint to errors that a wrong address can cause.
func withAddressHint(next handler, hint string) handler {
	return func(ctx context.Context, k *call) *Error {
		e := next(ctx, k)
		if e == nil {
			return nil
		}
		switch e.Reason {
		case ReasonTransport, ReasonTimeout, ReasonInvalidReply:
			e.AddressHint = hint
		case ReasonStatus:
			if IsUnauthorized(e) || IsNotFromAPI(e) && e.StatusCode < 500 || IsEndpointNotFound(e) || (IsNotFound(e) && e.JobID == "") {
				e.AddressHint = hint
			}
		}
		return e
	}
}
