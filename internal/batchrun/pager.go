package batchrun

import (
	"context"
	"net/http"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// Sizes of the pages of a batch's requests. The API does not document the maximum
// number of requests per page; its example has 50.
const (
	firstPage  = 50
	largePage  = 200
	smallBytes = 512 << 10 // below, the next page may have more requests
	largeBytes = 4 << 20   // above, it must have fewer
)

// pager reads the requests of a batch page by page, each page small enough
// whatever the size of the outputs.
type pager struct {
	api                 API
	endpointID, batchID string
	limit, most         int
}

// each calls take with every request once, in the API's order.
func (p *pager) each(ctx context.Context, take func(runpod.BatchRequest) error) error {
	p.limit, p.most = firstPage, largePage
	seen := make(map[string]bool)
	for offset := 0; ; {
		page, err := p.api.BatchRequests(ctx, p.endpointID, p.batchID, offset, p.limit)
		if err != nil {
			if p.smaller(err) {
				continue
			}
			return err
		}
		before := len(seen)
		for _, request := range page.Requests {
			if seen[request.ID] {
				continue
			}
			seen[request.ID] = true
			if err := take(request); err != nil {
				return err
			}
		}
		offset += len(page.Requests) + page.Skipped
		if !page.HasMore || len(seen) == before {
			return nil
		}
		p.adapt(page)
	}
}

// smaller reports whether a page failed because of its size and can be requested again
// with fewer requests.
func (p *pager) smaller(err error) bool {
	e, ok := runpod.AsError(err)
	switch {
	case !ok || p.limit == 1:
		return false
	case e.Reason == runpod.ReasonTooLarge:
		p.limit = max(1, p.limit/4)
	case e.StatusCode == http.StatusBadRequest && p.limit > firstPage:
		p.limit = firstPage
	default:
		return false
	}
	p.most = p.limit
	return true
}

func (p *pager) adapt(page runpod.BatchPage) {
	switch {
	case page.Bytes > largeBytes:
		p.limit = max(1, p.limit/2)
	case page.Bytes < smallBytes && len(page.Requests) == p.limit:
		p.limit = min(2*p.limit, p.most)
	}
}
