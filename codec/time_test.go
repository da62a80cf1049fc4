package codec_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/jetsource/jetsource/codec"
)

type (
	hidden struct{ In time.Time }

	// day is a time with methods of its own.
	day time.Time

	// wrapped has a time, and methods of its own that use those of the time.
	wrapped struct{ At time.Time }

	// times has a time at each kind of place.
	times struct {
		At      time.Time
		Pointer *time.Time
		List    []time.Time
		Array   [1]time.Time
		Map     map[string]time.Time
		Structs map[string]struct{ At time.Time }
		Keys    map[time.Time]int
		Stamp   Stamp
		Stamps  map[string]*Stamp
		Day     day
		Wrapped wrapped
		Any     any
		AnyMap  map[string]any
		Next    *times
		hidden
	}
)

func (d day) MarshalJSON() ([]byte, error)           { return json.Marshal(time.Time(d)) }
func (d *day) UnmarshalJSON(b []byte) error          { return json.Unmarshal(b, (*time.Time)(d)) }
func (d day) EncodeMsgpack(e *msgpack.Encoder) error { return e.EncodeTime(time.Time(d)) }
func (d *day) DecodeMsgpack(dec *msgpack.Decoder) error {
	t, err := dec.DecodeTime()
	*d = day(t)
	return err
}

func (w wrapped) MarshalText() ([]byte, error)  { return w.At.MarshalText() }
func (w *wrapped) UnmarshalText(b []byte) error { return w.At.UnmarshalText(b) }

func timesAt(t time.Time) times {
	return times{
		At: t, Pointer: &t, List: []time.Time{t}, Array: [1]time.Time{t},
		Map: map[string]time.Time{"a": t}, Structs: map[string]struct{ At time.Time }{"a": {t}},
		Keys: map[time.Time]int{t: 1}, Stamp: Stamp{t}, Stamps: map[string]*Stamp{"a": {t}}, Day: day(t), Wrapped: wrapped{t},
		Any: []any{t}, AnyMap: map[string]any{"a": map[string]any{"b": t}}, hidden: hidden{t},
	}
}

// all returns the times of v, in a fixed order.
func (v times) all() []time.Time {
	all := []time.Time{
		v.At, *v.Pointer, v.List[0], v.Array[0], v.Map["a"], v.Structs["a"].At, v.Stamp.Time, v.Stamps["a"].Time,
		time.Time(v.Day), v.Wrapped.At, v.In,
	}
	for t := range v.Keys {
		all = append(all, t)
	}
	for _, held := range []any{v.Any.([]any)[0], v.AnyMap["a"].(map[string]any)["b"]} {
		if t, ok := held.(time.Time); ok { // JSON has text there
			all = append(all, t)
		}
	}
	return all
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

// setLocal makes the process one of a host in a zone, until the test ends.
func setLocal(t *testing.T, loc *time.Location) {
	t.Helper()
	before := time.Local
	time.Local = loc
	t.Cleanup(func() { time.Local = before })
}

var hosts = []string{"UTC", "Europe/Berlin", "Africa/Lagos", "Europe/London", "Asia/Kolkata", "America/New_York"}

func TestTimesAreTheSameOnEveryHost(t *testing.T) {
	for _, from := range hosts {
		// An hour before a change of clocks in Berlin, London, and later in New York.
		at := timesAt(time.Date(2026, 3, 1, 10, 0, 0, 7, zone(t, from)))
		at.Next = new(timesAt(time.Date(2026, 7, 1, 10, 0, 0, 0, zone(t, from))))
		for _, c := range both {
			data, err := c.Marshal(at)
			require.NoError(t, err)
			var first times
			for i, host := range hosts {
				t.Run(from+" read in "+host+" in "+c.Name(), func(t *testing.T) {
					setLocal(t, zone(t, host))
					var back times
					require.NoError(t, c.Unmarshal(data, &back))
					if i == 0 {
						first = back
					}
					require.Equal(t, first, back)
					requireTimes(t, c, at, back)
					requireTimes(t, c, *at.Next, *back.Next)
					for n, b := range back.all() {
						f := first.all()[n]
						require.Equal(t, f.AddDate(0, 1, 0).Unix(), b.AddDate(0, 1, 0).Unix())
						require.Equal(t, f.Format(time.RFC1123), b.Format(time.RFC1123))
					}
				})
			}
		}
	}
}

// requireTimes requires that all times of back are those of v, in no named zone.
func requireTimes(t *testing.T, c codec.Codec, v, back times) {
	t.Helper()
	_, offset := v.At.Zone()
	for n, b := range back.all() {
		require.True(t, v.At.Equal(b), "time %d: %v", n, b)
		name, got := b.Zone()
		if c == codec.JSON {
			require.Equal(t, offset, got, "time %d: %v", n, b)
		}
		if got == 0 {
			require.Equal(t, time.UTC, b.Location(), "time %d: %v", n, b)
		} else {
			require.Empty(t, name, "time %d: %v", n, b)
		}
	}
	if c == codec.MessagePack {
		require.Equal(t, time.UTC, back.At.Location())
	}
}

func TestLibrariesAloneReadTimesIntoTheZoneOfTheHost(t *testing.T) {
	setLocal(t, zone(t, "Europe/Berlin"))
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.FixedZone("", 3600))
	for _, tt := range []struct {
		marshal   func(any) ([]byte, error)
		unmarshal func([]byte, any) error
	}{{json.Marshal, json.Unmarshal}, {msgpack.Marshal, msgpack.Unmarshal}} {
		data, err := tt.marshal(at)
		require.NoError(t, err)
		var back time.Time
		require.NoError(t, tt.unmarshal(data, &back))
		require.Equal(t, time.Local, back.Location())
	}
}

func TestOffsetZeroOfAnotherProgramIsUTC(t *testing.T) {
	for _, host := range hosts {
		setLocal(t, zone(t, host))
		var back time.Time
		require.NoError(t, codec.JSON.Unmarshal([]byte(`"2026-03-01T10:00:00+00:00"`), &back))
		require.Equal(t, time.UTC, back.Location())
	}
}

func TestOffsetWithSecondsIsRefusedWhereItWouldChangeTheMoment(t *testing.T) {
	at := time.Date(1850, 1, 1, 0, 0, 0, 0, zone(t, "Europe/Berlin")) // 53 minutes and 28 seconds
	for name, v := range map[string]any{
		"At":         struct{ At time.Time }{at},
		"M[]":        struct{ M map[string]*time.Time }{map[string]*time.Time{"a": &at}},
		"L[].In":     struct{ L []hidden }{[]hidden{{at}}},
		"Stamp.Time": Stamp{at},
		"V[]":        struct{ V any }{[]any{at}},
		"M[key]":     struct{ M map[time.Time]int }{map[time.Time]int{at: 1}},
		"hidden.In":  struct{ hidden }{hidden{at}},
		"Time":       at,
		"wrapped.At": wrapped{at},
	} {
		_, err := codec.JSON.Marshal(v)
		var wrong *codec.TimeError
		require.ErrorAs(t, err, &wrong, name)
		require.Equal(t, "application/json", wrong.Codec)
		require.IsType(t, v, zero(wrong.Type))
		require.True(t, at.Equal(wrong.Time))
		if name != "Time" {
			require.Equal(t, name, wrong.Field)
		}
		require.ErrorContains(t, err, "the offset of 1850-01-01T00:00:00+00:53:28 has seconds; convert it with UTC()")
	}
	_, err := codec.JSON.Marshal(struct{ At time.Time }{at.UTC()})
	require.NoError(t, err)

	data, err := codec.MessagePack.Marshal(struct{ At time.Time }{at})
	require.NoError(t, err)
	var back struct{ At time.Time }
	require.NoError(t, codec.MessagePack.Unmarshal(data, &back))
	require.Equal(t, at.UTC(), back.At)
}
