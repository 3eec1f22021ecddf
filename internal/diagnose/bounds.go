package diagnose

import "fmt"

// Bounds collects a sentence for each count that is out of its bounds. A count that is
// not reported is out of any bounds.
type Bounds struct{ Unmet []string }

// AtLeast adds a sentence unless have is at least want, or want is nil.
func (b *Bounds) AtLeast(name string, want, have *int64) {
	b.check(name, "at least", want, have, want != nil && have != nil && *have >= *want)
}

// AtMost adds a sentence unless have is at most want, or want is nil.
func (b *Bounds) AtMost(name string, want, have *int64) {
	b.check(name, "at most", want, have, want != nil && have != nil && *have <= *want)
}

func (b *Bounds) check(name, bound string, want, have *int64, met bool) {
	switch {
	case want == nil || met:
	case have == nil:
		b.Unmet = append(b.Unmet, fmt.Sprintf("%s is not reported, but must be %s %d", name, bound, *want))
	default:
		b.Unmet = append(b.Unmet, fmt.Sprintf("%s is %d, but must be %s %d", name, *have, bound, *want))
	}
}
