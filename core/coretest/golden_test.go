package coretest_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/coretest"
)

// The program of a hotel over the years: each of its versions has a type for the
// payload of one kind.
type (
	guestNamed struct { // at first
		Name  string
		Since time.Time
		Rooms []struct{ Number int }
		Tags  map[string]*float64
	}
	guestNamedLabel struct { // a field was renamed, and nothing done about it
		Label string
		Since time.Time
		Rooms []struct{ Number int }
		Tags  map[string]*float64
	}
	guestLabelled struct { // the field was renamed, and the history says so
		Label string
		Since time.Time
	}
	guestRetold struct{ Name string } // the kind was renamed, and nothing done about it
)

func (guestNamed) EventKind() string      { return "guest.named" }
func (guestNamedLabel) EventKind() string { return "guest.named" }
func (guestLabelled) EventKind() string   { return "guest.labelled" }
func (guestRetold) EventKind() string     { return "guest.retold" }

func (guestLabelled) EventHistory() core.History {
	return core.History{core.Was("guest.named", func(old guestNamed) guestLabelled {
		if unlucky {
			panic("unlucky")
		}
		return guestLabelled{old.Name + suffix, old.Since}
	})}
}

// A step of the history may do something else after a change.
var (
	suffix  = ""
	unlucky = false
)

func program[E core.Event]() *core.Aggregate[int] {
	return core.DefineAggregate("guest", core.On(func(*int, E) {}))
}

// updating runs a test with the flag that adds files.
func updating(t *testing.T, test func()) {
	t.Helper()
	require.NoError(t, flag.Set("golden.update", "true"))
	defer func() { require.NoError(t, flag.Set("golden.update", "false")) }()
	test()
}

// fails returns how Golden fails.
func fails(t *testing.T, dir string, tables ...coretest.Table) string {
	t.Helper()
	text, line := failure(t, func(t testing.TB) { coretest.Golden(t, dir, tables...) })
	require.Contains(t, line, "golden_test.go:")
	return text
}

const named = "guest.named/1.json"

// recordNamed returns a directory with the payload of the first program.
func recordNamed(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "events")
	require.Contains(t, fails(t, dir, program[guestNamed]()), `kind "guest.named": no file has a payload as a coretest_test.guestNamed is recorded today: run the test with -golden.update (after the package: go test ./domain -golden.update)
        {"Name":string,"Rooms":[{"Number":number}],"Since":string,"Tags":{"tags":number}}`)
	updating(t, func() { coretest.Golden(t, dir, program[guestNamed]()) })
	coretest.Golden(t, dir, program[guestNamed]())
	return dir
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return string(data)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
}

func TestGoldenKeepsAPayloadOfEachKind(t *testing.T) {
	dir := recordNamed(t)
	require.JSONEq(t, `{"kind":"guest.named",
		"recorded":{"Name":"name","Since":"2026-01-02T03:04:05Z","Rooms":[{"Number":1}],"Tags":{"tags":1.5}},
		"today":[{"kind":"guest.named","event":{"Name":"name","Since":"2026-01-02T03:04:05Z","Rooms":[{"Number":1}],"Tags":{"tags":1.5}}}]}`,
		read(t, dir, named))
	before := read(t, dir, named)
	updating(t, func() { coretest.Golden(t, dir, program[guestNamed]()) })
	require.Equal(t, before, read(t, dir, named), "nothing is new")
}

func TestGoldenFindsAFieldThatWasRenamed(t *testing.T) {
	dir := recordNamed(t)
	before := read(t, dir, named)
	want := filepath.Join(dir, named) + `: the payload is not read as a coretest_test.guestNamedLabel: json: unknown field "Name"`
	require.Contains(t, fails(t, dir, program[guestNamedLabel]()), want)
	updating(t, func() {
		require.Contains(t, fails(t, dir, program[guestNamedLabel]()), want, "the flag does not make it pass")
	})
	require.Equal(t, before, read(t, dir, named))
	require.NoFileExists(t, filepath.Join(dir, "guest.named/2.json"))

	// It is mended by a new kind and a history.
	require.Contains(t, fails(t, dir, program[guestLabelled]()), "1.json: guest.named is something else today; if that is meant, run the test with -golden.update (after the package: go test ./domain -golden.update)\n        event 0: got guest.labelled {")
	updating(t, func() { coretest.Golden(t, dir, program[guestLabelled]()) })
	coretest.Golden(t, dir, program[guestLabelled]())
}

func TestGoldenFindsAStepThatHasChanged(t *testing.T) {
	defer func() { suffix, unlucky = "", false }()
	dir := recordNamed(t)
	updating(t, func() { coretest.Golden(t, dir, program[guestLabelled]()) })
	suffix = "!"
	require.Contains(t, fails(t, dir, program[guestLabelled]()), `1.json: guest.named is something else today; if that is meant, run the test with -golden.update (after the package: go test ./domain -golden.update)
        event 0: guest.labelled
            ["Label"]: got "name!", want "name"`)
	unlucky = true
	require.Contains(t, fails(t, dir, program[guestLabelled]()), "1.json: the history of guest.named panics: unlucky")
}

func TestGoldenFindsANewLayout(t *testing.T) {
	dir := recordNamed(t)
	more := core.DefineAggregate("guest", core.On(func(*int, guestTitled) {}))
	text := fails(t, dir, more)
	require.Contains(t, text, `["Title"]: got "", want none`)
	require.Contains(t, text, `kind "guest.named": no file has a payload as a coretest_test.guestTitled is recorded today`)
	updating(t, func() { coretest.Golden(t, dir, more) })
	coretest.Golden(t, dir, more)
	require.Contains(t, read(t, dir, "guest.named/2.json"), `"Title": "title"`)
	require.NotContains(t, strings.Split(read(t, dir, named), `"today"`)[0], "Title", "what was recorded stays")
}

// guestTitled has a field more.
type guestTitled struct {
	Name  string
	Since time.Time
	Rooms []struct{ Number int }
	Tags  map[string]*float64
	Title string
}

func (guestTitled) EventKind() string { return "guest.named" }

func TestGoldenFindsAKindThatNobodyReads(t *testing.T) {
	dir := recordNamed(t)
	retold := program[guestRetold]()
	updating(t, func() {
		require.Contains(t, fails(t, dir, retold), `1.json: no table reads events of kind "guest.named": tell of it in the EventHistory of what it became`)
	})
	updating(t, func() { coretest.Golden(t, dir, retold.Ignore("guest.named")) })
	coretest.Golden(t, dir, retold, program[guestNamed]())
	require.Contains(t, fails(t, dir, program[guestNamed](), program[guestNamedLabel]()), `golden: the tables read events of kind "guest.named" in two ways`)
}

func TestGoldenFileThatCannotBeReadIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":         {`{`, "cannot be read: unexpected EOF"},
		"empty":           {``, "cannot be read: EOF"},
		"another field":   {`{"kind":"guest.named","recorded":{},"today":[],"tomorrow":[]}`, `cannot be read: json: unknown field "tomorrow"`},
		"no payload":      {`{"kind":"guest.named","today":[]}`, "cannot be read: it needs a kind, recorded and today"},
		"no kind":         {`{"recorded":{},"today":[]}`, "cannot be read: it needs a kind, recorded and today"},
		"two at once":     {`{"kind":"guest.named","recorded":{},"today":[]}{}`, "cannot be read: something follows the JSON"},
		"another payload": {`{"kind":"guest.named","recorded":[],"today":[]}`, "the payload is not read as a coretest_test.guestNamed: json: cannot unmarshal array"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := recordNamed(t)
			write(t, dir, "guest.named/7.json", c.text)
			text := fails(t, dir, program[guestNamed]())
			require.Contains(t, text, filepath.Join(dir, "guest.named/7.json"))
			require.Contains(t, text, c.want)
		})
	}
	dir := recordNamed(t)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "directory.json"), 0o750))
	coretest.Golden(t, dir, program[guestNamed]())
	require.NoError(t, os.Symlink(filepath.Join(dir, "gone"), filepath.Join(dir, "gone.json")))
	require.Contains(t, fails(t, dir, program[guestNamed]()), filepath.Join(dir, "gone.json"))
}

// shapeless is an event whose sample cannot be encoded.
type shapeless struct{ Shape level }

type level string

func (level) MarshalText() ([]byte, error)  { return []byte("1"), nil }
func (*level) UnmarshalText(b []byte) error { return errFull }
func (shapeless) EventKind() string         { return "guest.shapeless" }

func TestGoldenAsksForASampleThatItCannotMake(t *testing.T) {
	dir := t.TempDir()
	updating(t, func() {
		text := fails(t, dir, program[shapeless]())
		require.Contains(t, text, `kind "guest.shapeless": a coretest_test.shapeless of this program cannot be a sample (`)
		require.Contains(t, text, "write "+filepath.Join(dir, "guest.shapeless", "1.json")+" by hand")
	})
}

func TestGoldenTakesTablesOfAllSorts(t *testing.T) {
	dir := t.TempDir()
	updating(t, func() { coretest.Golden(t, dir, rooms, guests) })
	coretest.Golden(t, dir, rooms, guests)
	require.Contains(t, read(t, dir, "room.reserved/1.json"), `"kind": "room.booked"`, "what it is today")
}
