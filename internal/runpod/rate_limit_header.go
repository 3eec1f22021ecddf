package runpod

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The RateLimit header of the IETF draft draft-ietf-httpapi-ratelimit-headers: a
// list of quotas, each with what remains of it and the seconds until it is full
// again ("default";r=0;t=30), or one quota in the form of earlier drafts
// (limit=10, remaining=0, reset=30).
var (
	quotaRemaining = regexp.MustCompile(`(?:^|[;,\s])(?:r|remaining)\s*=\s*(\d{1,9})(?:$|[;,\s])`)
	quotaReset     = regexp.MustCompile(`(?:^|[;,\s])(?:t|reset)\s*=\s*(\d{1,9})(?:$|[;,\s])`)
)

// rateLimitReset returns how long an exhausted quota of a reply lasts; 0 when none is
// exhausted or the reply has none. Of several, the longest counts.
func rateLimitReset(header http.Header) time.Duration {
	value := header.Get("RateLimit")
	quotas := []string{value}
	if !strings.Contains(value, "remaining") {
		quotas = strings.Split(strings.Join(header.Values("RateLimit"), ","), ",")
	}
	var longest time.Duration
	for _, quota := range quotas {
		remaining, reset := quotaRemaining.FindStringSubmatch(quota), quotaReset.FindStringSubmatch(quota)
		if remaining == nil || reset == nil || strings.Trim(remaining[1], "0") != "" {
			continue
		}
		seconds, _ := strconv.Atoi(reset[1]) // nine digits at most
		longest = max(longest, time.Duration(seconds)*time.Second)
	}
	return longest
}
