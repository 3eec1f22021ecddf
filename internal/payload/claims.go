package payload

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// Registry knows the claims of one configured provider, which is as long as one
// plan or one apply. Its zero value is ready, and it is safe for concurrent use.
type Registry struct {
	mu      sync.Mutex
	claims  map[string]claim // by the canonical name
	created int
}

// claim is a resource's claim to a file. One that is not kept is that of a
// resource which does not exist yet, or is to be replaced.
type claim struct {
	owner string
	kept  bool
}

// Plan claims files for a resource that is planned, in place of what the same
// owner claimed before. It returns the first of them that is another's, and claims
// nothing then. With kept unset, what is created next may take the files.
func (r *Registry) Plan(owner string, kept bool, names ...string) (taken string, ok bool) {
	resolved := CanonicalAll(names)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, name := range resolved {
		if c, taken := r.claims[name]; taken && c.owner != owner {
			return names[i], false
		}
	}
	r.release(owner)
	for _, name := range resolved {
		r.put(name, claim{owner, kept})
	}
	return "", true
}

// Create claims files for a resource that is about to be created. It returns the
// first of them that is that of one that exists, and claims nothing then. settle
// names the owner once it is known, or gives the files back when that is "".
func (r *Registry) Create(names ...string) (settle func(owner string), taken string, ok bool) {
	resolved := CanonicalAll(names)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, name := range resolved {
		if r.claims[name].kept {
			return nil, names[i], false
		}
	}
	r.created++
	unnamed := fmt.Sprintf("%d", r.created) // unlike any owner's name
	for _, name := range resolved {
		r.put(name, claim{unnamed, true})
	}
	return func(owner string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.release(unnamed)
		if owner == "" {
			return
		}
		for _, name := range resolved {
			r.put(name, claim{owner, true})
		}
	}, "", true
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

// resolveIn is [Resolve] for one of many names, with the folders that were resolved
// for others.
func resolveIn(folders map[string]string, name string) string {
	if absolute, err := filepath.Abs(name); err == nil {
		name = absolute
	}
	folder := filepath.Dir(name)
	if _, err := os.Readlink(name); err == nil || folder == name || runtime.GOOS == "windows" { // which has short names of files
		return follow(name, maxLinks)
	}
	if _, ok := folders[folder]; !ok {
		folders[folder] = follow(folder, maxLinks)
	}
	return filepath.Join(folders[folder], filepath.Base(name))
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
