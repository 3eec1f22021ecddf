package runpod

import (
	"bytes"
	"encoding/json"
)

// byteOrderMark may stand before a JSON text: RFC 8259 lets a reader ignore it.
var byteOrderMark = []byte("\uFEFF")

// salvage decodes the usable part of a reply that was cut off, and reports whether
// there is one: a whole object whose end was not confirmed, or the id of a new job or
// batch. An id that has arrived is not lost because of what follows it.
func (k *call) salvage(body []byte) bool {
	if v, err := parseReply(body); err == nil {
		return v.isObject() && k.decode(body) == nil // anything else may be incomplete
	}
	switch k.op {
	case OpRun, OpRunSync, OpBatchCreate:
	default:
		return false
	}
	id := firstID(body)
	if id == "" {
		return false
	}
	usable, err := json.Marshal(map[string]string{"id": id})
	return err == nil && k.decode(usable) == nil
}

// firstID returns the id of the object that a text begins with; "" when the text
// ends before its end.
func firstID(body []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return ""
	}
	for {
		key, err := decoder.Token()
		if err != nil {
			return ""
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return ""
		}
		if key != "id" {
			continue
		}
		// The digits at the end of the text may not be all of them.
		v, err := parseReply(value)
		if _, isText := v.text(); err == nil && v.id() != "" && (isText || decoder.InputOffset() < int64(len(body))) {
			return v.id()
		}
	}
}
