package dynamicjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
)

// Equal tells that two JSON texts hold the same value: the order of keys and
// the writing of numbers (1, 1.0, 1e0) make no difference.
func Equal(a, b json.RawMessage) (bool, error) {
	if bytes.Equal(a, b) {
		return true, nil
	}
	canonicalA, err := canonical(a)
	if err != nil {
		return false, err
	}
	canonicalB, err := canonical(b)
	if err != nil {
		return false, err
	}
	return bytes.Equal(canonicalA, canonicalB), nil
}

func canonical(raw json.RawMessage) (json.RawMessage, error) {
	v, err := Decode(raw)
	if err != nil {
		return nil, err
	}
	return Encode(v)
}

// Merge lays one JSON object over another: members of both that are objects
// are merged in turn, every other member of overlay replaces that of base.
func Merge(base, overlay json.RawMessage) (json.RawMessage, error) {
	into, err := members(base)
	if err != nil {
		return nil, err
	}
	over, err := members(overlay)
	if err != nil {
		return nil, err
	}
	merged := maps.Clone(into)
	for name, value := range over {
		if old, ok := into[name]; ok && isObject(old) && isObject(value) {
			if value, err = Merge(old, value); err != nil {
				return nil, err
			}
		}
		merged[name] = value
	}
	return json.Marshal(merged)
}

func members(raw json.RawMessage) (map[string]json.RawMessage, error) {
	m := make(map[string]json.RawMessage)
	if len(bytes.TrimSpace(raw)) == 0 {
		return m, nil
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("it is not a JSON object: %w", err)
	}
	if m == nil {
		m = make(map[string]json.RawMessage)
	}
	return m, nil
}

func isObject(raw json.RawMessage) bool {
	return bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{"))
}
