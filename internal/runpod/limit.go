package runpod

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// heldReserve is how many of the concurrent requests long polls must leave
// free, so that a cancel is never stuck behind requests that wait for a minute.
const heldReserve = 8

// limiter enforces the API's limits on the client's side, for all users of one client.
//
// The window is a sliding one: a slot is taken when a request is sent and is free
// again limitWindow after its reply. The server sees the request at some moment in
// between, so it never counts more than the limit in any window, while a burst of a
// full window is still allowed.
type limiter struct {
	all  *semaphore.Weighted
	held *semaphore.Weighted

	mu      sync.Mutex
	buckets map[bucketKey]*bucketLimit
}

type bucketKey struct {
	endpointID string
	bucket     bucket
}

type bucketLimit struct {
	window     *semaphore.Weighted // nil when the API names no limit
	concurrent *semaphore.Weighted // nil when the API names no limit
}

func newLimiter(maxConcurrent int) *limiter {
	held := max(int64(maxConcurrent)-heldReserve, (int64(maxConcurrent)+1)/2)
	return &limiter{
		all:     semaphore.NewWeighted(int64(maxConcurrent)),
		held:    semaphore.NewWeighted(held),
		buckets: make(map[bucketKey]*bucketLimit),
	}
}

// acquire waits for a slot and returns the function that frees it, to be called once,
// when the reply is read or the request has failed. The slots of the operation come
// first, so that a request that waits for its own rate occupies none of the slots that
// all operations share.
func (l *limiter) acquire(ctx context.Context, endpointID string, b bucket, held bool) (release func(), err error) {
	limit := l.limitOf(endpointID, b)
	var taken []*semaphore.Weighted
	for _, s := range []*semaphore.Weighted{limit.window, limit.concurrent, heldOrNil(l.held, held), l.all} {
		if s == nil {
			continue
		}
		if err := s.Acquire(ctx, 1); err != nil {
			releaseAll(taken)
			return nil, err
		}
		taken = append(taken, s)
	}
	if limit.window == nil {
		return func() { releaseAll(taken) }, nil
	}
	return func() {
		releaseAll(taken[1:])
		time.AfterFunc(limitWindow, func() { limit.window.Release(1) })
	}, nil
}

func heldOrNil(s *semaphore.Weighted, held bool) *semaphore.Weighted {
	if held {
		return s
	}
	return nil
}

func releaseAll(taken []*semaphore.Weighted) {
	for _, s := range taken {
		s.Release(1)
	}
}

func (l *limiter) limitOf(endpointID string, b bucket) *bucketLimit {
	r, ok := rates[b]
	if !ok {
		return &bucketLimit{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := bucketKey{endpointID, b}
	limit, ok := l.buckets[key]
	if !ok {
		limit = &bucketLimit{window: semaphore.NewWeighted(r.perWindow)}
		if r.concurrent > 0 {
			limit.concurrent = semaphore.NewWeighted(r.concurrent)
		}
		l.buckets[key] = limit
	}
	return limit
}
