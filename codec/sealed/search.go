package sealed

import (
	"bytes"
	"encoding/base64"
	"iter"
)

// subjects returns of whom the bytes of an event have sealed values, whatever codec wrote
// them: as bytes, or as JSON writes bytes.
func subjects(kind string, data []byte) (map[string]bool, error) {
	data, err := cutSum(data, kind)
	if err != nil {
		return nil, err
	}
	var all map[string]bool
	add := func(envelope []byte) {
		if e, _, err := decodeHead(envelope); err == nil {
			if all == nil {
				all = make(map[string]bool)
			}
			all[e.subject] = true
		}
	}
	for at := range indices(data, magic) {
		add(data[at:])
	}
	for at := range indices(data, base64Magic) {
		text := data[at:]
		if end := bytes.IndexByte(text, '"'); end >= 0 {
			text = text[:end]
		}
		envelope, _ := base64.StdEncoding.AppendDecode(nil, text) // the part before a fault
		add(envelope)
	}
	return all, nil
}

// indices yields where a text is in data.
func indices(data []byte, text string) iter.Seq[int] {
	return func(yield func(int) bool) {
		for from := 0; ; {
			at := bytes.Index(data[from:], []byte(text))
			if at < 0 || !yield(from+at) {
				return
			}
			from += at + 1
		}
	}
}

// base64Magic is how JSON has an envelope begin.
var base64Magic = base64.StdEncoding.EncodeToString([]byte(magic))
