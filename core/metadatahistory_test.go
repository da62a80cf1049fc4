package core_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
)

// Metadata was a number, then a text, then both a user and a service.
type (
	byNumber int
	byText   struct{ By string }
	origin   struct{ User, Service string }
)

func (origin) MetadataHistory() core.MetadataHistory[origin] {
	return core.MetadataHistory[origin]{Was: []core.MetadataPast{
		core.MetadataWas(func(old byNumber) byText { return byText{fmt.Sprint("clerk ", 100/int(old))} }),
		core.MetadataWas(func(old byText) origin { return origin{User: old.By, Service: "counter"} }),
	}}
}

// forgiving is an origin that is anonymous where it cannot be read.
type forgiving struct{ User, Service string }

func (forgiving) MetadataHistory() core.MetadataHistory[forgiving] {
	return core.MetadataHistory[forgiving]{Unreadable: func(data []byte, err error) (forgiving, error) {
		if string(data) == `"fatal"` {
			return forgiving{"half", ""}, err
		}
		return forgiving{User: "anonymous"}, nil
	}}
}

func TestMetadataOfEachVersionIsReadAsToday(t *testing.T) {
	r, err := core.NewMetadataReader[origin]()
	require.NoError(t, err)
	require.Equal(t, 2, r.Version())
	for version, text := range []string{`50`, `{"By":"clerk 2"}`, `{"User":"clerk 2","Service":"counter"}`} {
		m, err := r.Read(version, []byte(text), json.Unmarshal)
		require.NoError(t, err)
		require.Equal(t, origin{"clerk 2", "counter"}, m)
	}
	for _, version := range []int{-1, 3} {
		m, err := r.Read(version, []byte(`{"User":"x"}`), json.Unmarshal)
		require.EqualError(t, err, fmt.Sprintf("metadata is of version %d, and this program knows 2", version))
		require.Zero(t, m)
	}
	m, err := r.Read(2, []byte(`{"User":"x","Service":7}`), json.Unmarshal)
	require.Error(t, err)
	require.Zero(t, m, "what was begun to be decoded is not given out")
	_, err = r.Read(0, []byte(`0`), json.Unmarshal)
	_, panicked := errors.AsType[*core.PanicError](err)
	require.True(t, panicked, "%v", err)

	store := memory.New[string, origin]()
	coretest.SeedWith(t, store, accountKey("a"), origin{"ada", "web"}, fundsDeposited{1})
	for e, err := range store.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		require.Equal(t, origin{"ada", "web"}, e.Metadata)
	}
}

func TestPolicyForMetadataThatCannotBeRead(t *testing.T) {
	r, err := core.NewMetadataReader[forgiving]()
	require.NoError(t, err)
	for _, c := range []struct {
		version int
		data    string
	}{{0, `7`}, {5, `{"User":"x"}`}, {0, `{`}} {
		m, err := r.Read(c.version, []byte(c.data), json.Unmarshal)
		require.NoError(t, err)
		require.Equal(t, forgiving{User: "anonymous"}, m)
	}
	m, err := r.Read(0, []byte(`"fatal"`), json.Unmarshal)
	require.Error(t, err)
	require.Zero(t, m)
}

// Histories that lead nowhere.
type (
	gapped   struct{ By string }
	endless  struct{ By string }
	byRefOf  struct{ By string }
	pointed  struct{ By string }
	untyped  struct{ By string }
	nothingM struct{}
)

func (gapped) MetadataHistory() core.MetadataHistory[gapped] {
	return core.MetadataHistory[gapped]{Was: []core.MetadataPast{
		core.MetadataWas(func(byNumber) byText { return byText{} }),
		core.MetadataWas(func(byNumber) gapped { return gapped{} }),
	}}
}

func (endless) MetadataHistory() core.MetadataHistory[endless] {
	return core.MetadataHistory[endless]{Was: []core.MetadataPast{core.MetadataWas(func(byNumber) byText { return byText{} })}}
}

func (*byRefOf) MetadataHistory() core.MetadataHistory[byRefOf] {
	return core.MetadataHistory[byRefOf]{}
}

func (pointed) MetadataHistory() core.MetadataHistory[*pointed] {
	return core.MetadataHistory[*pointed]{Was: []core.MetadataPast{
		core.MetadataWas(func(old byText) *pointed { return &pointed{old.By} }),
	}}
}

func (untyped) MetadataHistory() core.MetadataHistory[byText] { return core.MetadataHistory[byText]{} }

func TestHistoryOfMetadataIsChecked(t *testing.T) {
	_, err := core.NewMetadataReader[gapped]()
	require.EqualError(t, err, "history of metadata core_test.gapped: gap: version 0 becomes a core_test.byText, and version 1 is a core_test.byNumber")
	_, err = core.NewMetadataReader[endless]()
	require.EqualError(t, err, "history of metadata core_test.endless: gap: version 0 becomes a core_test.byText, and version 1 is a core_test.endless")
	_, err = core.NewMetadataReader[byRefOf]()
	require.EqualError(t, err, "metadata core_test.byRefOf: write its history as func (byRefOf) MetadataHistory() core.MetadataHistory[byRefOf]")
	_, err = core.NewMetadataReader[untyped]()
	require.ErrorContains(t, err, "core.MetadataHistory[untyped]")
	require.PanicsWithValue(t, "memory: history of metadata core_test.endless: gap: version 0 becomes a core_test.byText, and version 1 is a core_test.endless", func() {
		memory.New[string, endless]()
	})
	for _, read := range []func() (int, error){
		func() (int, error) { r, err := core.NewMetadataReader[*pointed](); return r.Version(), err },
		func() (int, error) { r, err := core.NewMetadataReader[nothingM](); return r.Version() + 1, err },
		func() (int, error) { r, err := core.NewMetadataReader[any](); return r.Version() + 1, err },
	} {
		version, err := read()
		require.NoError(t, err)
		require.Equal(t, 1, version)
	}
}
