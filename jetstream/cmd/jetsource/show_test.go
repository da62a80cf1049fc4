package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

func TestShowsWhatIsInTheLog(t *testing.T) {
	w := newWorld(t)
	s := w.fill(3)
	records := lines[view.Record](t, w.must("show", "account", "a.0", "--json"))
	require.Len(t, records, 4)
	require.Equal(t, "account.opened", records[0].Kind)
	require.Equal(t, "a.0", records[0].ID)
	require.JSONEq(t, `{"Owner":"a.0"}`, string(records[0].Data))
	require.JSONEq(t, `{"Amount":4}`, string(records[3].Data), "of MessagePack")
	for e, err := range s.LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		require.Equal(t, e.EventID(), records[0].EventID)
		break
	}
	diff := w.must("show", "account", "a.0", "--diff")
	require.Contains(t, diff, `{"Amount":1}`, "the first of its kind")
	require.Contains(t, diff, `  Amount: 1 → 2`)
	require.Contains(t, diff, `  Amount: 2 → 4`)
	changed := lines[changedRecord](t, w.must("show", "account", "a.0", "--diff", "--json"))
	require.Nil(t, changed[1].Changes)
	require.JSONEq(t, `{"Amount":4}`, string(changed[3].Data))
	require.Equal(t, []view.Change{{Field: "Amount", From: []byte("2"), To: []byte("4")}}, changed[3].Changes)
	require.Contains(t, w.must("show", "account", "a.0", "--meta"), "event id "+records[0].EventID)
	full := w.must("show", fmt.Sprint(records[3].Position))
	require.Contains(t, full, "of        account a.0\n")
	require.Contains(t, full, "{\n  \"Amount\": 4\n}\n")
	require.Equal(t, records[3], lines[view.Record](t, w.must("show", fmt.Sprint(records[3].Position), "--json"))[0])
	require.Contains(t, w.must("help", "show"), "--diff")
	code, _, errs := w.jetsource("show", "account")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "or a position")
	code, _, errs = w.jetsource("show", "a.0")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "jetsource show account a.0")
	code, _, errs = w.jetsource("show", "account", "nobody")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "account nobody has no events; jetsource ids account lists")
	for _, args := range [][]string{{"show", "acount", "a.0"}, {"ids", "acount"}} {
		code, _, errs = w.jetsource(args...)
		require.Equal(t, exitFailed, code)
		require.Contains(t, errs, "no aggregate of the kind acount; jetsource ids lists the kinds")
	}

	require.ElementsMatch(t, []string{"a.0", "a.1", "a.2"}, strings.Fields(w.must("ids", "account")))
	require.Contains(t, w.must("ids"), "account")
	require.Len(t, lines[view.Record](t, w.must("tail", "--once", "--json", "--from", "1", "--kind", "account.opened")), 3)
	require.Len(t, lines[view.Record](t, w.must("trace", records[0].Commit, "--json")), 3)
	require.Contains(t, w.must("info"), "EVENTS")
	require.Contains(t, w.must("info", "--all"), "EVENTS")
	require.Equal(t, map[string]int{"account": 3}, lines[storeInfo](t, w.must("info", "--kinds", "--json"))[0].Kinds)
}

// Who did it is told without being asked for, and what it came from with --meta.
func TestTextTellsWhoDidIt(t *testing.T) {
	type who struct{ User string }
	w := newWorld(t)
	s, err := jetstream.Open[string, who](t.Context(), w.nc, jetstream.Config{})
	require.NoError(t, err)
	defer s.Close()
	ctx := core.WithOrigin(core.WithCommandID(t.Context(), "command-1"), core.Origin{CorrelationID: "request-7", CausationID: "CAUSE/0"})
	repo := core.NewRepository(s, accounts)
	_, err = repo.WithMetadata(who{"ada"}).Create(ctx, "a", core.CommandFunc[account](func(account) ([]core.Event, error) { return []core.Event{opened{""}}, nil }))
	require.NoError(t, err)
	id := lines[view.Record](t, w.must("show", "account", "a", "--json"))[0].EventID
	for _, args := range [][]string{{"show", "account", "a"}, {"tail", "--once"}, {"trace", "request-7"}} {
		require.Regexp(t, `metadata: {"User":"ada"}\)\n$`, w.must(args...))
		require.Contains(t, w.must(append(args, "--meta")...), "command command-1, correlation request-7, caused by CAUSE/0, event id "+id)
	}
	require.Contains(t, w.must("show", "1"), `{"User":"ada"}`)
}

// lineWriter gives each write to a channel.
type lineWriter chan string

func (w lineWriter) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

func TestTailShowsWhatComes(t *testing.T) {
	w := newWorld(t)
	s := w.fill(2)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, ended := make(lineWriter, 100), make(chan int)
	go func() { ended <- run(ctx, []string{"tail", "-n", "1", "--server", w.server.URL()}, out, out) }()
	require.Contains(t, <-out, `{"Amount":4}`)
	_, err := core.CommitEvents(ctx, s, core.Key[string]{Kind: "account", ID: "new\x1b[2J"}, []core.Event{opened{"x"}}, core.NoMetadata{})
	require.NoError(t, err)
	line := <-out
	require.Contains(t, line, "account.opened")
	require.NotContains(t, line, "\x1b", "nothing moves the cursor")
	cancel()
	require.Zero(t, <-ended)
}

// The last events are as many as were asked for, whatever the library records between them.
func TestTailShowsTheLastEvents(t *testing.T) {
	w := newWorld(t)
	w.fill(3)
	for i := range 40 {
		w.publish("events.noted._own.x", fmt.Sprintf("E%d 0 0/1 1 0", i), `{}`)
	}
	require.Len(t, lines[view.Record](t, w.must("tail", "--once", "--json", "-n", "5")), 5)
	require.Len(t, lines[view.Record](t, w.must("tail", "--once", "--json", "-n", "2", "--kind", "account.opened")), 2)
	require.Len(t, lines[view.Record](t, w.must("tail", "--once", "--json", "-n", "50", "--system")), 50)

	l, err := rawlog.Open(t.Context(), w.nc, "EVENTS", "")
	require.NoError(t, err)
	var said bytes.Buffer
	from, err := (&program{err: &said}).lastFrom(t.Context(), l, selection{}, "events.*.*.*", 5, 42)
	require.NoError(t, err)
	require.Equal(t, l.Info().State.LastSeq-41, from)
	require.Equal(t, "2 of the last 5 events are at the last 42 positions; --from begins before these\n", said.String())
}

// A guard has no payload, and is no problem for that.
func TestGuardIsNoProblem(t *testing.T) {
	w := newWorld(t)
	w.fill(2)
	guards := 0
	for _, r := range lines[view.Record](t, w.must("tail", "--system", "--once", "--json", "--from", "1")) {
		require.Empty(t, r.Problem, "%v", r)
		if r.Aggregate == "_guard" {
			require.Empty(t, r.Data)
			guards++
		}
	}
	require.Equal(t, 1, guards)
}

func TestUsage(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"nonsense"}, exitUsage, "no command"},
		{[]string{"show", "--nonsense"}, exitUsage, "nonsense"},
		{[]string{"info"}, exitFailed, "--stream names the stream"},
		{[]string{"strike", "x"}, exitUsage, "no position"},
		{[]string{"info", "--tlscert", "x"}, exitUsage, "belong together"},
		{[]string{"copy"}, exitUsage, "--to"},
	} {
		code, _, errs := w.jetsource(c.args...)
		require.Equal(t, c.code, code, "%v: %s", c.args, errs)
		require.Contains(t, errs, c.says)
	}
}

// The help of a command has its own flags; those of every command are told once.
func TestHelpTellsSharedFlagsOnce(t *testing.T) {
	help := func(args ...string) string {
		var out, errs bytes.Buffer
		require.Zero(t, run(t.Context(), append([]string{"help"}, args...), &out, &errs), errs.String())
		return out.String()
	}
	shared := help("flags")
	for _, flag := range []string{"--server", "--context", "--json", "--tlsca", "--timeout duration"} {
		require.Contains(t, shared, "  "+flag)
	}
	require.Contains(t, help(), "jetsource help flags")
	for _, c := range commands() {
		text := help(c.name)
		require.Contains(t, text, "usage: jetsource "+c.name)
		require.Contains(t, text, "jetsource help flags")
		require.NotContains(t, text, "--tlsca")
		for line := range strings.Lines(text) {
			require.LessOrEqual(t, len([]rune(line)), 111, "%s", line)
		}
	}
}
