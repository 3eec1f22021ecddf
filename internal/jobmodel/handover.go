package jobmodel

import (
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// HandoverTerms are what decides about a result besides its input.
type HandoverTerms struct {
	SubmitArgs
	FileOutput
	Triggers       types.Map
	InputWOVersion types.Int64
	S3Config       types.Object
}

// fit reports whether a job on these terms has the same result as one on others.
func (t *HandoverTerms) fit(other *HandoverTerms) bool {
	return t.Same(&other.SubmitArgs) && t.Triggers.Equal(other.Triggers) && t.KeepsSame(&other.FileOutput) &&
		t.InputWOVersion.Equal(other.InputWOVersion) && same(t.S3Config, other.S3Config)
}

// HandoverResult is a job that completed.
type HandoverResult struct {
	Record
	InputSHA256 types.String
	Files       types.Map  // null where none are written
	Output      attr.Value // what is stored of it; nil when nothing is
}

// HandoverStore keeps the results of a resource that is being replaced for the
// one that comes in its place. Terraform replaces what it has marked as tainted,
// whatever the state holds, and plans the replacement as if nothing had been
// there; but it removes the old resource and creates the new one in one run of
// one provider, which can remember in between.
//
// Its zero value is empty and ready for use, and
// safe for concurrent use. An offer that nobody takes, as that of a resource
// that is destroyed for good, stays in memory until the provider's process
// ends, which is when Terraform has worked off its plan.
type HandoverStore struct {
	mu     sync.Mutex
	offers []offer
}

type offer struct {
	terms   HandoverTerms
	results map[string]HandoverResult
}

// Offer adds the results of one resource, by key.
func (s *HandoverStore) Offer(t HandoverTerms, results map[string]HandoverResult) {
	if len(results) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offers = append(s.offers, offer{t, maps.Clone(results)})
}

// Take returns what is on offer, on these terms, for keys with the digests of
// their inputs, and takes it off: nobody else gets it. Of equal resources it
// does not matter whose results each gets.
func (s *HandoverStore) Take(t HandoverTerms, digests map[string]string) map[string]HandoverResult {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := make(map[string]HandoverResult)
	for _, o := range s.offers {
		if !o.terms.fit(&t) {
			continue
		}
		for key, r := range o.results {
			_, twice := taken[key]
			if digest, wanted := digests[key]; wanted && !twice && r.InputSHA256.ValueString() == digest {
				taken[key] = r
				delete(o.results, key)
			}
		}
	}
	s.offers = slices.DeleteFunc(s.offers, func(o offer) bool { return len(o.results) == 0 })
	return taken
}
