package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
)

// golden has payloads as each generation of the program recorded them. Files are added,
// and what was recorded is never changed.
const golden = "testdata/events"

func TestWhatWasRecordedCanBeReadForEver(t *testing.T) {
	coretest.Golden(t, golden, customer, cities)
}

func TestOldEventsMeanWhatTheyMeant(t *testing.T) {
	for payload, want := range map[coretest.Raw]Customer{
		{Kind: "customer.registered", JSON: `{"name":"Ada","address":"12 High Street, London"}`}: {"Ada", []Moved{{"12 High Street", "London", "GB"}}},
		{Kind: "customer.moved", JSON: `{"address":"Windsor Castle"}`}:                           {"", []Moved{{"Windsor Castle", "", "GB"}}},
		{Kind: "customer.relocated", JSON: `{"street":"3 Mill Lane","city":"Oxford"}`}:           {"", []Moved{{"3 Mill Lane", "Oxford", "GB"}}},
		{Kind: "customer.greeted", JSON: `{}`}:                                                   {},
	} {
		coretest.Given(t, customer, payload).ThenState(want)
	}
}

func TestOnlyTheNewestGenerationIsWritten(t *testing.T) {
	coretest.Given(t, customer, movedV1{"12 High Street, London"}).
		When(Move{"12 High Street", "London", "GB"}).
		ThenNothing().
		When(Move{"3 Mill Lane", "Oxford", "GB"}).
		Then(Moved{"3 Mill Lane", "Oxford", "GB"})
}

// careless is a program that renamed a field of the event.
type careless struct {
	Street  string `json:"street"`
	Town    string `json:"town"`
	Country string `json:"country"`
}

func (careless) EventKind() string { return "customer.moved.v3" }

// careful is a program that renamed it too, and says so.
type careful careless

func (careful) EventKind() string { return "customer.moved.v4" }

func (careful) EventHistory() core.History {
	return core.History{core.Was("customer.moved.v3", func(old Moved) careful { return careful{old.Street, old.City, old.Country} })}
}

// broken is a test whose failure is looked at.
type broken struct {
	testing.TB
	text string
}

func (b *broken) Fatalf(format string, args ...any) {
	b.text = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestGoldenFailsForACarelessChangeAndIsMended(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(golden)))
	program := func(moved core.Handler[Customer]) coretest.Table {
		return core.DefineAggregate("customer", core.On(func(c *Customer, e Named) { c.Name = e.Name }), moved).Ignore("customer.greeted")
	}

	test := &broken{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		coretest.Golden(test, dir, program(core.On(func(*Customer, careless) {})))
	}()
	<-done
	require.Contains(t, test.text, filepath.Join(dir, "customer.moved.v3", "1.json")+`: the payload is not read as a main.careless: json: unknown field "city"`)

	// A kind of its own and a step mend it: the new layout is added by the flag, and a
	// reviewer sees in the files what old events have become.
	mended := program(core.On(func(*Customer, careful) {}))
	require.NoError(t, flag.Set("golden.update", "true"))
	coretest.Golden(t, dir, mended)
	require.NoError(t, flag.Set("golden.update", "false"))
	coretest.Golden(t, dir, mended)
	require.FileExists(t, filepath.Join(dir, "customer.moved.v4", "1.json"))
}

func TestStory(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, `in the stream
  1  customer.registered  {"name":"Ada","address":"12 High Street, London"}
  2  customer.greeted     {}
  3  customer.relocated   {"street":"3 Mill Lane","city":"Oxford"}
  4  customer.moved       {"address":"7 Quay, Bristol"}
  5  customer.moved.v3    {"street":"8 Rue Bleue","city":"Paris","country":"FR"}
as the program sees it
  1  customer.named       {Ada}
  1  customer.moved.v3    {12 High Street London GB}
  3  customer.moved.v3    {3 Mill Lane Oxford GB}
  4  customer.moved.v3    {7 Quay Bristol GB}
  5  customer.moved.v3    {8 Rue Bleue Paris FR}
at version 3: Ada, [{12 High Street London GB} {3 Mill Lane Oxford GB}]
moves to each city: map[Bristol:1 London:1 Oxford:1 Paris:1]
in a snapshot of last year: Ada
as a state of today: snapshot is of another layout of the state
so the events are replayed: Ada
`, out.String())
}
