package payload

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
)

// Registry knows the claims of one configured provider, which is as long as one
// plan or one apply. Its zero value is ready, and it is safe for concurrent use.
type Registry struct {
	mu      sync.Mutex
	claims  map[string]claim // by the resolved name
	created int
}

// claim is a resource's claim to a file. One that is not kept is that of a
// resource which does not exist yet, or is to be replaced.
type claim struct {
	owner string
	kept  bool
}

// Plan claims a file for a resource that is planned, in place of what the same
// owner claimed before. It reports false when the file is another's. With kept
// unset, what is created next may take the file.
func (r *Registry) Plan(name, owner string, kept bool) bool {
	resolved := Resolve(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, taken := r.claims[resolved]; taken && c.owner != owner {
		return false
	}
	r.release(owner)
	r.put(resolved, claim{owner, kept})
	return true
}

// Create claims a file for a resource that is about to be created. It reports
// false when the file is that of one that exists. settle names the owner once it
// is known, or gives the file back when that is "".
func (r *Registry) Create(name string) (settle func(owner string), ok bool) {
	resolved := Resolve(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.claims[resolved].kept {
		return nil, false
	}
	r.created++
	unnamed := fmt.Sprintf("%d", r.created) // unlike any owner's name
	r.put(resolved, claim{unnamed, true})
	return func(owner string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.release(unnamed)
		if owner != "" {
			r.put(resolved, claim{owner, true})
		}
	}, true
}

// Release gives back what an owner claims.
func (r *Registry) Release(owner string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release(owner)
}

func (r *Registry) release(owner string) {
	maps.DeleteFunc(r.claims, func(_ string, c claim) bool { return c.owner == owner })
}

func (r *Registry) put(resolved string, c claim) {
	if r.claims == nil {
		r.claims = make(map[string]claim)
	}
	r.claims[resolved] = c
}

// maxLinks ends the search in links that lead to each other.
const maxLinks = 32

// Resolve returns the one name of a file that has many: absolute, clean, and with
// links followed. Neither the file, nor its folder, nor what a link leads to need
// exist.
func Resolve(name string) string {
	if absolute, err := filepath.Abs(name); err == nil {
		name = absolute
	}
	return follow(name, maxLinks)
}

func follow(name string, links int) string {
	if found, err := filepath.EvalSymlinks(name); err == nil {
		return found
	}
	folder := filepath.Dir(name)
	if folder == name {
		return name
	}
	target, err := os.Readlink(name)
	if err != nil || links == 0 {
		return filepath.Join(follow(folder, links), filepath.Base(name))
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(follow(folder, links), target)
	}
	return follow(target, links-1)
}
