package codec_test

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
)

type (
	inAny    struct{ V any }
	omitting struct {
		L []int          `json:",omitempty" msgpack:",omitempty"`
		M map[string]int `json:",omitempty" msgpack:",omitempty"`
	}
	collected struct {
		L []int
		B []byte
		M map[string]int
	}
	twice   struct{ A, B *int }
	stamped struct{ At time.Time }
	float   struct{ F float64 }
	text    struct{ S string }
	dashed  struct {
		N int `json:"-" msgpack:"-"`
	}
)

// refusal stands for a value that is not written.
type refusal struct{}

// change is a row of the table in the documentation of the package: what it says, and what it means for some values.
type change struct {
	value, json, msgpack string // as in the table
	examples             []example
}

type example struct{ in, json, msgpack any }

func changes(t *testing.T) []change {
	one := 1
	berlin := time.Date(2026, 3, 1, 10, 0, 0, 0, zone(t, "Europe/Berlin"))
	offset := berlin.In(time.FixedZone("", 3600))
	seconds := time.Date(1850, 1, 1, 0, 0, 0, 0, zone(t, "Europe/Berlin"))
	now := time.Now().UTC()
	late := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	return []change{
		{"nil list or map", "stays nil", "stays nil", []example{same(collected{})}},
		{"empty list or map", "stays empty", "stays empty", []example{same(collected{[]int{}, []byte{}, map[string]int{}})}},
		{"empty list or map, omitempty", "nil", "nil", []example{{omitting{[]int{}, map[string]int{}}, omitting{}, omitting{}}}},
		{"nil list or map in any", "nil", "nil", []example{{inAny{[]int(nil)}, inAny{}, inAny{}}, {inAny{map[string]int(nil)}, inAny{}, inAny{}}}},
		{"pointer to nil", "nil", "nil", []example{
			{struct{ P **int }{new(*int)}, struct{ P **int }{}, struct{ P **int }{}},
			{struct{ P *[]int }{new([]int)}, struct{ P *[]int }{}, struct{ P *[]int }{}},
		}},
		{"one pointer in two places", "two pointers", "two pointers", []example{same(twice{&one, &one})}},
		{"integer in any", "float64", "int64 or uint64", []example{
			{inAny{5}, inAny{5.0}, inAny{int64(5)}}, {inAny{200}, inAny{200.0}, inAny{uint64(200)}}, {inAny{int8(-5)}, inAny{-5.0}, inAny{int64(-5)}},
		}},
		{"integer over 2^53 in any", "float64, rounded", "int64 or uint64", []example{
			{inAny{int64(1<<53 + 1)}, inAny{float64(1 << 53)}, inAny{int64(1<<53 + 1)}},
			{inAny{uint64(math.MaxUint64)}, inAny{float64(math.MaxUint64)}, inAny{uint64(math.MaxUint64)}},
		}},
		{"float32 in any", "float64", "float64", []example{{inAny{float32(1.5)}, inAny{1.5}, inAny{1.5}}}},
		{"[]byte in any", "string, base64", "string", []example{{inAny{[]byte("a")}, inAny{"YQ=="}, inAny{"a"}}}},
		{"struct in any", "map[string]any", "map[string]any", []example{{inAny{Base{"a"}}, inAny{map[string]any{"ID": "a"}}, inAny{map[string]any{"ID": "a"}}}}},
		{"integer keys of a map in any", "string keys", "refused", []example{{inAny{map[int]string{1: "a"}}, inAny{map[string]any{"1": "a"}}, refusal{}}}},
		{"time in any", "string", "time.Time in UTC", []example{{inAny{offset}, inAny{"2026-03-01T10:00:00+01:00"}, inAny{offset.UTC()}}}},
		{"time in a named zone", "its offset, no name", "UTC", []example{{stamped{berlin}, stamped{offset}, stamped{offset.UTC()}}}},
		{"time in an offset", "the offset", "UTC", []example{{stamped{offset}, stamped{offset}, stamped{offset.UTC()}}}},
		{"time alone in a struct, embedded", "the offset", "the offset", []example{same(Stamp{offset})}},
		{"offset with seconds", "refused", "UTC", []example{{stamped{seconds}, refusal{}, stamped{seconds.UTC()}}}},
		{"monotonic clock of a time", "dropped", "dropped", []example{{stamped{now}, stamped{now.Round(0)}, stamped{now.Round(0)}}}},
		{"year after 9999", "refused", "kept", []example{{stamped{late}, refusal{}, stamped{late}}}},
		{"-0", "-0", "-0", []example{same(float{math.Copysign(0, -1)})}},
		{"NaN, infinite", "refused", "kept", []example{{float{math.NaN()}, refusal{}, float{math.NaN()}}, {float{math.Inf(1)}, refusal{}, float{math.Inf(1)}}}},
		{"string that is not UTF-8", "refused", "kept", []example{{text{"\xff"}, refusal{}, text{"\xff"}}}},
		{`field tagged "-"`, "zero", "zero", []example{{dashed{1}, dashed{}, dashed{}}}},
	}
}

func same(v any) example { return example{v, v, v} }

func TestTableOfChangesHolds(t *testing.T) {
	for _, row := range changes(t) {
		for _, e := range row.examples {
			requireChange(t, codec.JSON, row.value, e.in, e.json)
			requireChange(t, codec.MessagePack, row.value, e.in, e.msgpack)
		}
	}
}

func requireChange(t *testing.T, c codec.Codec, row string, in, want any) {
	t.Helper()
	data, err := c.Marshal(in)
	if want == (refusal{}) {
		require.Error(t, err, "%s in %s", row, c.Name())
		return
	}
	require.NoError(t, err, "%s in %s", row, c.Name())
	back := reflect.New(reflect.TypeOf(in))
	require.NoError(t, c.Unmarshal(data, back.Interface()))
	// The text of -0 and NaN tells what == does not.
	require.Equal(t, fmt.Sprintf("%#v", flat(want)), fmt.Sprintf("%#v", flat(back.Elem().Interface())), "%s in %s", row, c.Name())
	if v, ok := want.(float); !ok || v.F == v.F {
		require.Equal(t, want, back.Elem().Interface(), "%s in %s", row, c.Name())
	}
	if v, ok := back.Elem().Interface().(twice); ok {
		require.NotSame(t, v.A, v.B)
	}
}

// flat returns what v points to, as an address tells nothing.
func flat(v any) any {
	switch v := v.(type) {
	case twice:
		return []int{*v.A, *v.B}
	case struct{ P **int }:
		return v.P == nil
	case struct{ P *[]int }:
		return v.P == nil
	}
	return v
}

func TestTableOfChangesIsDocumented(t *testing.T) {
	source, err := os.ReadFile("codec.go")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(source), "JSON                 MessagePack\n")
	require.True(t, found)
	table, _, found = strings.Cut(table, "//\n")
	require.True(t, found)
	var want strings.Builder
	for _, row := range changes(t) {
		fmt.Fprintf(&want, "//\t%-33s %-20s %s\n", row.value, row.json, row.msgpack)
	}
	require.Equal(t, want.String(), table)
}
