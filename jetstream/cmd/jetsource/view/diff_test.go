package view

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDiffTellsWhatFieldsWereAndAre(t *testing.T) {
	for _, c := range []struct{ before, now, want string }{
		{`{"Member":"x"}`, `{"Member":"y"}`, `Member: "x" → "y"`},
		{`{"a":1,"b":2,"c":3}`, `{"d":4,"b":3,"a":1}`, `b: 2 → 3, - c: 3, + d: 4`},
		{`{"a":1}`, `{"a":1}`, `nothing differs`},
		{`{"a":null}`, `{}`, `- a: null`},
		{`{"At":{"City":"x","Zip":1},"l":[1,2]}`, `{"l":[1,3],"At":{"Zip":1,"City":"y"}}`, `At.City: "x" → "y", l: [1,2] → [1,3]`},
		{`{"At":{"City":"x"}}`, `{"At":null}`, `At: {"City":"x"} → null`},
		{`{"Email":{"sealed":"Email","subject":"C"},"n":1}`, `{"Email":{"sealed":"Email","subject":"C"},"n":2}`, `n: 1 → 2, sealed, so it may differ: Email`},
		{`{"Email":{"sealed":"Email","subject":"C","empty":true}}`, `{"Email":{"sealed":"Email","subject":"C","empty":true}}`, `nothing differs`},
	} {
		changes, ok := Diff([]byte(c.before), []byte(c.now))
		require.True(t, ok)
		require.Equal(t, c.want, DiffText(changes))
	}
	for _, before := range []string{"", "null", `"text"`, "[]"} {
		_, ok := Diff([]byte(before), []byte(`{}`))
		require.False(t, ok, before)
	}
}
