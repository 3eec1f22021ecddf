package simulator

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestGuide: the guide mentions every kind of fault, every field and every operation.
func TestGuide(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../templates/guides/simulator.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	guide := string(raw)
	names := []string{"workers", "worker-logs"}
	for _, kind := range faultKinds {
		names = append(names, string(kind))
	}
	for op := range methods {
		names = append(names, op)
	}
	for _, of := range []any{Fault{}, endpointPatch{}} {
		for field := range reflect.TypeOf(of).Fields() {
			if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		if !strings.Contains(guide, "`"+name+"`") {
			t.Errorf("the guide does not mention `%s`", name)
		}
	}
}
