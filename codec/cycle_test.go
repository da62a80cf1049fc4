package codec_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/jetsource/jetsource/codec"
)

type (
	node struct {
		Name string
		Next *node
	}
	list  []list
	table map[string]table
	loop  *loop

	embedding struct {
		Base
		Inner *embedding
	}

	// parent writes itself without what points back to it.
	parent struct {
		Name string
		Back *parent
	}
)

func (p parent) MarshalJSON() ([]byte, error)           { return json.Marshal(p.Name) }
func (p *parent) UnmarshalJSON(b []byte) error          { return json.Unmarshal(b, &p.Name) }
func (p parent) EncodeMsgpack(e *msgpack.Encoder) error { return e.EncodeString(p.Name) }
func (p *parent) DecodeMsgpack(d *msgpack.Decoder) (err error) {
	p.Name, err = d.DecodeString()
	return err
}

func cyclicValues() map[string]struct {
	value any
	field string
} {
	n := &node{Name: "a"}
	n.Next = &node{"b", n}
	l := list{nil}
	l[0] = l
	m := table{}
	m["a"] = m
	var p loop
	p = &p
	anyMap := map[string]any{}
	anyMap["a"] = []any{anyMap}
	anyList := []any{1, nil}
	anyList[1] = anyList
	var hop any
	hop = &hop
	e := &embedding{}
	e.Inner = e
	type holder struct{ V any }
	h := &holder{}
	h.V = map[string]*holder{"a": h}
	return map[string]struct {
		value any
		field string
	}{
		"a pointer":                         {n, "node.Next.Next"},
		"a pointer by value":                {*n, "node.Next.Next.Next"},
		"a list":                            {l, "list[]"},
		"a map":                             {m, "table[]"},
		"a pointer to itself":               {p, "loop"},
		"a map in any":                      {anyMap, "[][]"},
		"a list in any":                     {struct{ V any }{anyList}, "V[]"},
		"a pointer in any":                  {struct{ V any }{hop}, "V"},
		"an embedded struct":                {e, "embedding.Inner"},
		"any that holds the struct with it": {h, "holder.V[]"},
	}
}

func TestValueThatContainsItselfIsRefused(t *testing.T) {
	for name, tt := range cyclicValues() {
		for _, c := range both {
			t.Run(name+" in "+c.Name(), func(t *testing.T) {
				_, err := c.Marshal(tt.value)
				var cycle *codec.CycleError
				require.ErrorAs(t, err, &cycle)
				require.Equal(t, c.Name(), cycle.Codec)
				require.IsType(t, tt.value, zero(cycle.Type))
				require.Equal(t, tt.field, cycle.Field)
				require.ErrorContains(t, err, "contains itself at "+tt.field)
			})
		}
	}
}

func chain(n int) *node {
	var first *node
	for range n {
		first = &node{"a", first}
	}
	return first
}

func TestDepthIsBounded(t *testing.T) {
	for _, c := range both {
		data, err := c.Marshal(chain(10_000))
		require.NoError(t, err)
		var back *node
		require.NoError(t, c.Unmarshal(data, &back))
		require.Equal(t, chain(10_000), back)

		for _, v := range []any{chain(10_001), chain(1_000_000)} {
			_, err = c.Marshal(v)
			var deep *codec.CycleError
			require.ErrorAs(t, err, &deep)
			require.Empty(t, deep.Field)
			require.ErrorContains(t, err, "nested deeper than 10000")
		}
	}
}

func TestWhatIsSharedIsNoCycle(t *testing.T) {
	shared := &node{Name: "a"}
	for _, c := range both {
		data, err := c.Marshal([]*node{shared, shared, {"b", shared}})
		require.NoError(t, err)
		var back []*node
		require.NoError(t, c.Unmarshal(data, &back))
		require.Equal(t, []*node{shared, shared, {"b", shared}}, back)
	}
}

func TestCycleThatATypeDoesNotWriteIsNone(t *testing.T) {
	p := &parent{Name: "a"}
	p.Back = p
	for _, c := range both {
		data, err := c.Marshal(p)
		require.NoError(t, err)
		var back parent
		require.NoError(t, c.Unmarshal(data, &back))
		require.Equal(t, "a", back.Name)
	}
}

func TestReadingIntoAValueThatContainsItselfEnds(t *testing.T) {
	for _, c := range both {
		data, err := c.Marshal(struct{ A int }{1})
		require.NoError(t, err)
		type timed struct {
			A           int
			At          []any
			Left, Right *timed
		}
		v := &timed{}
		v.Left, v.Right, v.At = v, v, []any{v, v}
		require.NoError(t, c.Unmarshal(data, v))
		require.Equal(t, 1, v.A)
	}
}
