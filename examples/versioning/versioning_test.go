package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
	"github.com/jetsource/jetsource/core/memory"
)

// fixtures are payloads as each generation of the program wrote them, copied
// from the stream. Lines are added here, and never changed.
var fixtures = []struct {
	kind, payload string
	means         Moved
}{
	{"customer.moved", `{"address":"12 High Street, London"}`, Moved{"12 High Street", "London", "GB"}},
	{"customer.moved", `{"address":"Windsor Castle"}`, Moved{"Windsor Castle", "", "GB"}},
	{"customer.moved", `{"address":"1 The Yard, York, Upper Floor"}`, Moved{"1 The Yard", "York, Upper Floor", "GB"}},
	{"customer.moved.v2", `{"street":"3 Mill Lane","city":"Oxford"}`, Moved{"3 Mill Lane", "Oxford", "GB"}},
	{"customer.moved.v3", `{"street":"8 Rue Bleue","city":"Paris","country":"FR"}`, Moved{"8 Rue Bleue", "Paris", "FR"}},
}

func TestWhatWasWrittenCanBeReadForEver(t *testing.T) {
	store := memory.New[string, core.NoMetadata]()
	key := core.Key[string]{Kind: customer.Kind(), ID: "ada"}
	var want []Moved
	for _, f := range fixtures {
		coretest.Seed(t, store, key, coretest.Raw{Kind: f.kind, JSON: f.payload})
		want = append(want, f.means)
	}
	state, _, err := core.NewRepository(store, customer).Load(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, want, state.Addresses)
}

func TestEachKindHasAFixture(t *testing.T) {
	seen := make(map[string]bool)
	for _, f := range fixtures {
		seen[f.kind] = true
	}
	for _, kind := range customer.EventKinds() {
		require.True(t, seen[kind], kind)
	}
}

func TestOnlyTheNewestGenerationIsWritten(t *testing.T) {
	coretest.Given(t, customer, MovedV1{"12 High Street, London"}).
		When(Move{"12 High Street", "London", "GB"}).
		ThenNothing().
		When(Move{"3 Mill Lane", "Oxford", "GB"}).
		Then(Moved{"3 Mill Lane", "Oxford", "GB"})
}

func TestStory(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, `in the stream
  1  customer.moved     {"address":"12 High Street, London"}
  2  customer.moved.v2  {"street":"3 Mill Lane","city":"Oxford"}
  3  customer.moved     {"address":"7 Quay, Bristol"}
  4  customer.moved.v3  {"street":"8 Rue Bleue","city":"Paris","country":"FR"}
as the program sees it
  1  customer.moved.v3  12 High Street, London, GB
  2  customer.moved.v3  3 Mill Lane, Oxford, GB
  3  customer.moved.v3  7 Quay, Bristol, GB
  4  customer.moved.v3  8 Rue Bleue, Paris, FR
`, out.String())
}
