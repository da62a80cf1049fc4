package codec_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/jetsource/jetsource/codec"
)

// The codecs of this package.
var (
	both            = codec.Set{codec.JSON, codec.MessagePack}
	onlyJSON        = codec.Set{codec.JSON}
	onlyMessagePack = codec.Set{codec.MessagePack}
)

// The types of these tests.
type (
	Base  struct{ ID string }
	inner struct{ Deep int }
	code  int

	// Money has methods on its pointer.
	Money struct{ cents int64 }

	// Temperature has a marshaler on its value.
	Temperature struct{ kelvin int }

	// Shout has a marshaler and no unmarshaler.
	Shout struct{ text string }

	Tree struct {
		Name     string
		Children []*Tree
	}
	Box[T any] struct{ Value T }

	Line struct {
		Price int
		total int
	}

	Note struct {
		time.Time
		Text string
	}

	Stamp struct{ time.Time }

	// Remark embeds a time, and has methods of its own.
	Remark struct {
		time.Time
		Text string
	}

	// Labelled embeds a time, and has methods on its pointer.
	Labelled[T any] struct {
		time.Time
		Label T
	}

	// Point is written by functions that are registered with msgpack.
	Point struct{ x, y byte }

	Knot struct {
		X int
		*Knot
	}
)

func (m *Money) MarshalText() ([]byte, error) { return fmt.Append(nil, m.cents), nil }

func (m *Money) UnmarshalText(text []byte) error {
	_, err := fmt.Sscan(string(text), &m.cents)
	return err
}

func (t Temperature) MarshalText() ([]byte, error) { return fmt.Append(nil, t.kelvin), nil }

func (t *Temperature) UnmarshalText(text []byte) error {
	_, err := fmt.Sscan(string(text), &t.kelvin)
	return err
}

func (s Shout) MarshalText() ([]byte, error) { return []byte(s.text), nil }

func (r Remark) MarshalText() ([]byte, error) { return []byte(r.Text), nil }
func (r Remark) MarshalJSON() ([]byte, error) { return json.Marshal(r.Text) }
func (r *Remark) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &r.Text)
}
func (r Remark) EncodeMsgpack(e *msgpack.Encoder) error { return e.EncodeString(r.Text) }
func (r *Remark) DecodeMsgpack(d *msgpack.Decoder) (err error) {
	r.Text, err = d.DecodeString()
	return err
}

func (l *Labelled[T]) MarshalJSON() ([]byte, error) { return json.Marshal(l.Label) }
func (l *Labelled[T]) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &l.Label) }

func init() {
	msgpack.RegisterExtEncoder(7, Point{}, func(_ *msgpack.Encoder, v reflect.Value) ([]byte, error) {
		p := v.Interface().(Point)
		return []byte{p.x, p.y}, nil
	})
	msgpack.RegisterExtDecoder(7, Point{}, func(d *msgpack.Decoder, v reflect.Value, _ int) error {
		b := make([]byte, 2)
		err := d.ReadFull(b)
		v.Set(reflect.ValueOf(Point{b[0], b[1]}))
		return err
	})
}

type blank struct {
	A int
	_ int
	_ [0]func()
	z struct{} //nolint:unused // has only one value
}

type skipped struct {
	A     int
	cache map[string]int `json:"-" msgpack:"-"` //nolint:unused // left out on purpose
	Lock  sync.Mutex     `json:"-" msgpack:"-"`
}

// deposit is a plain event.
type deposit struct {
	Amount int64
	At     time.Time
	Tags   map[string]string
}

// renamed is a codec by another name.
type renamed struct {
	codec.Codec
	name string
}

func (r renamed) Name() string { return r.name }

// zero returns the zero value of a type.
func zero(t reflect.Type) any { return reflect.Zero(t).Interface() }
