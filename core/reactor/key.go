package reactor

import (
	"encoding"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"reflect"
	"strings"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/resume"
)

// partitionOf returns the partition of an aggregate among n. It depends on what the key is as
// text, and never changes.
func partitionOf[ID comparable](key core.Key[ID], n int) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key.Kind))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(idText(key.ID)))
	x := h.Sum64() // its low bits alone are not even
	x ^= x >> 32
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 29
	return int(x % uint64(n))
}

// idText returns an id as text: a string as it is, another type as it marshals.
func idText(id any) string {
	if s, ok := id.(string); ok {
		return s
	}
	if t, ok := id.(encoding.TextMarshaler); ok {
		if text, err := t.MarshalText(); err == nil {
			return string(text)
		}
	}
	if v := reflect.ValueOf(id); v.Kind() == reflect.String {
		return v.String()
	}
	if text, err := json.Marshal(id); err == nil {
		return string(text)
	}
	return fmt.Sprintf("%#v", id)
}

// entryKey returns the key of system entries of the reactor. All have one kind, so that the
// right to write them can be given for one reactor.
func (w *Worker[ID, Pos, M]) entryKey(name string) core.EntryKey {
	return core.EntryKey{Kind: kindPrefix + plain(w.reactor.name), Name: name}
}

func (w *Worker[ID, Pos, M]) partitionKey(partition int) core.EntryKey {
	return w.entryKey(fmt.Sprintf("partition-%d", partition))
}

func (w *Worker[ID, Pos, M]) timersKey(partition int) core.EntryKey {
	return w.entryKey(fmt.Sprintf("timers-%d", partition))
}

// plain returns a name as letters, digits, '-' and '_'. Different names differ.
func plain(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "_%02X", c)
		}
	}
	return b.String()
}

// LeaseName returns the name in [Leases] under which the workers of the reactor on its store share
// its partitions: reactors of one name in two stores do not meet. The last part is the store's
// identifier, empty if it has none.
func (w *Worker[ID, Pos, M]) LeaseName() string {
	return "reactor." + w.reactor.name + "." + onePart.Replace(resume.StoreID(w.store))
}

// onePart has no '.' in what it returns, so that the name of the reactor, which may
// have some, ends before the last one.
var onePart = strings.NewReplacer("%", "%25", ".", "%2E")
