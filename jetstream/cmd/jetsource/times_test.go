package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/checkup"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/view"
)

// A history can be shown as it was at a time, by the times of its events.
func TestShowUntil(t *testing.T) {
	w := newWorld(t)
	w.open(jetstream.Config{})
	day := time.Now().UTC().Truncate(24 * time.Hour)
	for i, ago := range []int{20, 10, 0} {
		w.publishMsg(&nats.Msg{Subject: "events.x.account.a", Data: []byte(`{}`), Header: nats.Header{
			"Content-Type": {"application/json"}, "Es-Commit": {fmt.Sprintf("C%d 0 0/1 1 %d", i, i)},
			"Es-Time": {day.AddDate(0, 0, -ago).Format(time.RFC3339Nano)},
		}})
	}
	for text, want := range map[string]int{
		"7d": 2, "12d": 1, "1h": 3, "2": 2, day.AddDate(0, 0, -10).Format(time.DateOnly): 2, day.AddDate(0, 0, -11).Format(time.DateOnly): 1,
		day.AddDate(0, 0, -20).Format(time.RFC3339): 1,
	} {
		if text == "1h" && time.Since(day) < 2*time.Hour {
			continue // an hour ago was before the last one
		}
		require.Len(t, lines[view.Record](t, w.must("show", "account", "a", "--json", "--until", text)), want, text)
	}
	code, _, errs := w.jetsource("show", "account", "a", "--until", "30d")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "account a had no events then")
	for _, text := range []string{"yesterday", "-1h", "-1d", "1.5d"} {
		code, _, errs = w.jetsource("show", "account", "a", "--until="+text)
		require.Equal(t, exitUsage, code, text)
		require.Contains(t, errs, "36h or 7d")
	}
}

// Events that were restored have the times at which they were recorded, wherever the program
// and the library tell them. The growth of the log is reckoned by these.
func TestTimesAreThoseOfTheEvents(t *testing.T) {
	w := newWorld(t)
	w.open(jetstream.Config{})
	old := time.Date(2020, 2, 3, 4, 5, 6, 789, time.UTC)
	for i := range 2 {
		w.publishMsg(&nats.Msg{Subject: "events.x.account.a", Data: []byte(`{}`), Header: nats.Header{
			"Content-Type": {"application/json"}, "Es-Commit": {fmt.Sprintf("C%d 0 0/1 1 %d", i, i)},
			"Es-Time": {old.AddDate(0, 0, 100*i).Format(time.RFC3339Nano)},
		}})
	}
	w.publishMsg(&nats.Msg{Subject: "events.x.other.a", Data: []byte(`{}`), Header: nats.Header{"Es-Time": {old.AddDate(0, 0, 200).Format(time.RFC3339Nano)}}})
	require.Equal(t, old, lines[view.Record](t, w.must("show", "account", "a", "--json"))[0].Time)
	require.Contains(t, w.must("tail", "--once", "--from", "1"), "2020-02-03 04:05:06.000")
	info := lines[storeInfo](t, w.must("info", "--json"))[0]
	require.Equal(t, []time.Time{old, old.AddDate(0, 0, 200)}, []time.Time{info.First, info.Last})
	for _, s := range lines[checkup.Symptom](t, w.must("doctor", "--json")) {
		if s.What == "growth" {
			require.Contains(t, s.Text, fmt.Sprintf(" %d B a day", info.Bytes/200))
		}
	}
	var at []time.Time
	for e, err := range w.open(jetstream.Config{ExternalCodec: ownCodec{}}).LoadEvents(t.Context(), core.Filter[string, uint64]{}) {
		require.NoError(t, err)
		at = append(at, e.Time)
	}
	require.Equal(t, []time.Time{old, old.AddDate(0, 0, 100), old.AddDate(0, 0, 200)}, at)
}
