package sealed_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/codec/sealed"
)

type registered struct {
	Customer string `sealed:"subject"`
	Email    string `sealed:"personal"`
	Name     string `sealed:"personal,erased=(forgotten, for good)"`
	Country  string
}

func (registered) EventKind() string { return "customer.registered" }

type address struct {
	Street string
	Since  time.Time
}

type contact struct {
	Person string `json:"person" sealed:"subject"`
	Phone  string `json:"phone" sealed:"personal"`
	Note   string
}

type Base struct {
	Owner string `sealed:"subject"`
	Score int    `sealed:"personal,erased=-1"`
}

// everything has personal fields in all places.
type everything struct {
	Base
	Home     address        `sealed:"personal"`
	Tags     []string       `sealed:"personal"`
	Prefs    map[string]int `sealed:"personal"`
	Second   *address       `sealed:"personal"`
	From     string         `sealed:"subject,of=sender"`
	FromName string         `sealed:"personal,of=sender,erased=someone"`
	List     []contact
	Fixed    [2]contact
	ByName   map[string]contact
	Pointer  *contact
	Deep     map[string][]*inner
	Plain    time.Time
	Any      any
}

// inner has no subject of its own.
type inner struct {
	Remark string `sealed:"personal"`
}

func (everything) EventKind() string { return "everything" }

func sample() everything {
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	c := func(person string) contact { return contact{person, "secret phone of " + person, "note"} }
	p := c("bob")
	return everything{
		Base: Base{"ada", 42}, Home: address{"secret street", at}, Tags: []string{"secret tag"},
		Prefs: map[string]int{"secret pref": 1}, Second: &address{Street: "secret second"},
		From: "carl", FromName: "secret carl", List: []contact{c("bob"), c("ada")}, Fixed: [2]contact{c("carl"), {}},
		ByName: map[string]contact{"x": c("bob")}, Pointer: &p,
		Deep: map[string][]*inner{"k": {{"secret remark"}, nil}}, Plain: at, Any: "any",
	}
}

// forgetting returns sample as it reads once subjects were forgotten.
func forgetting(subject string) everything {
	e := sample()
	for i := range e.List {
		forget(&e.List[i], subject)
	}
	forget(&e.Fixed[0], subject)
	forget(e.Pointer, subject)
	x := e.ByName["x"]
	forget(&x, subject)
	e.ByName["x"] = x
	switch subject {
	case "ada":
		e.Score, e.Home, e.Tags, e.Prefs, e.Second = -1, address{}, nil, nil, nil
		e.Deep["k"][0].Remark = ""
	case "carl":
		e.FromName = "someone"
	}
	return e
}

func forget(c *contact, subject string) {
	if c.Person == subject {
		c.Phone = ""
	}
}

var codecs = map[string]codec.Codec{"JSON": codec.JSON, "MessagePack": codec.MessagePack}

// newCodec returns a codec that asks the key store each time.
func newCodec(t testing.TB, keys sealed.KeyStore, cfg sealed.Config) *sealed.Codec {
	t.Helper()
	if cfg.KeyAge == 0 {
		cfg.KeyAge = time.Nanosecond
	}
	c, err := sealed.New(keys, cfg)
	require.NoError(t, err)
	return c
}

var errAway = errors.New("the key store is away")

// awayKeys is a key store that can be switched off.
type awayKeys struct {
	sealed.KeyStore
	away       atomic.Bool
	refused    atomic.Int64
	destroying func() // is called before a key is destroyed
}

func (k *awayKeys) setAway(away bool) { k.away.Store(away) }

func (k *awayKeys) Load(ctx context.Context, subject string) ([]byte, uint64, error) {
	if k.away.Load() {
		k.refused.Add(1)
		return nil, 0, errAway
	}
	return k.KeyStore.Load(ctx, subject)
}

func (k *awayKeys) Store(ctx context.Context, subject string, value []byte, revision uint64) error {
	if k.away.Load() {
		return errAway
	}
	return k.KeyStore.Store(ctx, subject, value, revision)
}

func (k *awayKeys) Destroy(ctx context.Context, subject string) error {
	if k.away.Load() {
		return errAway
	}
	if k.destroying != nil {
		k.destroying()
	}
	return k.KeyStore.Destroy(ctx, subject)
}
