package acctest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// failures is a testing.TB that records its errors.
type failures struct {
	testing.TB
	texts []string
}

func (*failures) Helper() {}

func (f *failures) Errorf(format string, args ...any) {
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}

// TestRequireCases: a table that lacks a name fails, and so does a table with an
// unknown name.
func TestRequireCases(t *testing.T) {
	t.Parallel()
	type set = map[string]bool
	for name, tc := range map[string]struct {
		cases   set
		leftOut map[string]string
		want    string
	}{
		"all":                    {set{"a": true, "b": true}, nil, ""},
		"one left out":           {set{"a": true}, map[string]string{"b": "it is not sent"}, ""},
		"one missing":            {set{"a": true}, nil, "the table has no case for b"},
		"no reason":              {set{"a": true}, map[string]string{"b": ""}, "the table leaves out b without a reason"},
		"a reason too many":      {set{"a": true, "b": true}, map[string]string{"b": "it is not sent"}, "the table has a case for b, which is left out because: it is not sent"},
		"a case too many":        {set{"a": true, "b": true, "c": true}, nil, "the table has c, which does not exist"},
		"a reason for something": {set{"a": true, "b": true}, map[string]string{"c": "x"}, "the table has c, which does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &failures{TB: t}
			acctest.RequireCases(f, "the table", set{"a": true, "b": true}, tc.cases, tc.leftOut)
			if got := strings.Join(f.texts, "\n"); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
