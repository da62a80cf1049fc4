package ui

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/checkup"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/steer"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// Events that were restored have their own times, and are none of those that come.
func TestTimesAreThoseOfTheEvents(t *testing.T) {
	w := newWorld(t, false)
	old := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
	for i := range 2 {
		_, err := w.js.PublishMsg(t.Context(), &nats.Msg{Subject: "events.x.account.a", Data: []byte(`{}`), Header: nats.Header{
			"Content-Type": {"application/json"}, "Es-Commit": {fmt.Sprintf("C%d 0 0/1 1 %d", i, i)}, "Es-Time": {old.Add(time.Duration(i) * time.Hour).Format(time.RFC3339Nano)},
		}})
		require.NoError(t, err)
	}
	about := get[struct{ First, Last time.Time }](w, "store")
	require.Equal(t, []time.Time{old, old.Add(time.Hour)}, []time.Time{about.First, about.Last})
	require.Equal(t, old, get[listed](w, "history?kind=account&id=a").Events[0].Time)
	w.commit("b", opened{"ada"})
	l, err := rawlog.Open(t.Context(), w.nc, "EVENTS", "")
	require.NoError(t, err)
	f := newFeed(l, nil)
	for m, err := range l.Read(t.Context(), "events.>", 1, 3) {
		require.NoError(t, err)
		f.add(m)
	}
	require.Equal(t, map[string]int{"account.opened": 1}, f.frame(time.Now()).Kinds)
}

type listed struct {
	IDs    []string
	Total  int
	Events []line
	Next   uint64
}

func TestAnswersAboutTheLog(t *testing.T) {
	w := newWorld(t, true)
	w.fill()
	about := get[map[string]any](w, "store")
	require.Equal(t, "EVENTS", about["stream"])
	require.EqualValues(t, 73, about["messages"])
	require.Equal(t, w.store.StoreID(), about["store"])

	kinds := get[map[string]map[string]int](w, "kinds")
	require.Equal(t, map[string]int{"account.opened": 60, "money.deposited": 10, "order.placed": 1, "parcel.shipped": 2}, kinds["events"])
	require.Equal(t, map[string]int{"account": 60, "order": 1, "parcel": 2}, kinds["aggregates"])

	first, second := get[listed](w, "aggregates?kind=account"), get[listed](w, "aggregates?kind=account&from=50")
	require.Len(t, first.IDs, 50)
	require.Len(t, second.IDs, 10)
	require.Equal(t, "ACC-059", second.IDs[9])
	require.Empty(t, get[listed](w, "aggregates?kind=account&from=18446744073709551615").IDs)
	found := get[listed](w, "aggregates?kind=account&search=acc-01")
	require.Equal(t, 10, found.Total)
	require.Equal(t, "ACC-010", found.IDs[0])

	h := get[listed](w, "history?kind=account&id=ACC-001")
	require.Len(t, h.Events, 11)
	require.Zero(t, h.Next)
	require.Equal(t, "account.opened", h.Events[0].Kind)
	require.Equal(t, `{"Amount":100}`, h.Events[1].Text)
	require.Equal(t, h.Events[1].Commit, h.Events[2].Commit)

	e := get[full](w, fmt.Sprint("event?at=", h.Events[2].Position))
	require.Equal(t, "{\n  \"Amount\": 9007199254740993\n}", e.Data, "a browser would round the number")
	require.Equal(t, "2/2", e.Place)

	require.Empty(t, get[[]wire.Gap](w, "gaps"))
	require.NoError(t, w.store.Strike(t.Context(), 5, "a test"))
	require.Equal(t, "a test", get[[]wire.Gap](w, "gaps")[0].Reason)
	require.Equal(t, "struck out: a test", get[full](w, "event?at=5").Passed)
	require.Equal(t, "struck out: a test", get[listed](w, "history?kind=account&id=ACC-004").Events[0].Note)

	for _, s := range get[[]checkup.Symptom](w, "health") {
		require.NotEqual(t, checkup.Wrong, s.State, "%v", s)
	}
	require.Empty(t, get[[]steer.Details](w, "reactors"))
	for _, test := range []struct {
		path   string
		status int
		answer string
	}{
		{"event?at=1000", 404, "no message at position 1000"},
		{"event?at=x", 400, "no number"},
		{"history?kind=account&id=nobody", 404, "no events"},
		{"history?kind=account", 400, "which aggregate"},
		{"history?kind=account&id=" + strings.Repeat("x", 2000), 400, "error"},
		{"aggregates", 400, "which kind"},
		{"nonsense", 404, ""},
	} {
		status, answer, _ := w.request("GET", "/api/"+test.path, "")
		require.Equal(t, test.status, status, "%s: %s", test.path, answer)
		require.Contains(t, answer, test.answer)
	}
}

func TestLongHistoryIsSentInPages(t *testing.T) {
	w := newWorld(t, false)
	for range historyPage + 3 {
		w.commit("a", deposited{1})
	}
	first := get[listed](w, "history?kind=account&id=a")
	require.Len(t, first.Events, historyPage)
	second := get[listed](w, fmt.Sprint("history?kind=account&id=a&from=", first.Next))
	require.Len(t, second.Events, 3)
	require.Zero(t, second.Next)
}

// events yields what a stream sends.
func (w *world) events(path string, yield func(event, data string) bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+path, nil)
	require.NoError(w.t, err)
	answer, err := w.client.Do(r)
	require.NoError(w.t, err)
	defer answer.Body.Close()
	require.Equal(w.t, "text/event-stream", answer.Header.Get("Content-Type"))
	lines, event := bufio.NewScanner(answer.Body), ""
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = name
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && !yield(event, data) {
			return
		}
	}
	w.t.Fatalf("the stream ended: %v", lines.Err())
}

func TestUpdatesTellWhatHappens(t *testing.T) {
	w := newWorld(t, false)
	w.fill()
	committed, kinds := false, map[string]int(nil)
	w.events("/api/updates", func(_, data string) bool {
		var f frame
		require.NoError(t, json.Unmarshal([]byte(data), &f))
		require.Empty(t, f.Problem)
		for _, e := range f.Events {
			require.NotEqual(t, "_", e.Aggregate[:1])
			if e.ID == "new" {
				kinds = f.Kinds
			}
		}
		if len(f.Events) > 0 && !committed {
			committed = true
			w.commit("new", opened{"bob"})
		}
		return kinds == nil
	})
	require.Equal(t, 61, kinds["account.opened"])
}

func TestTraceFindsWhatCameFromARequest(t *testing.T) {
	w := newWorld(t, false)
	w.fill()
	for id, want := range map[string][]string{
		"request-7": {"O-1 ", "P-1 ORDER/0", "P-2 PARCEL/0"},
		"PARCEL/0":  {"P-1 ORDER/0", "P-2 PARCEL/0"},
		"nothing":   nil,
	} {
		var found []string
		w.events("/api/trace?id="+url.QueryEscape(id), func(event, data string) bool {
			if event == "found" {
				var e traced
				require.NoError(t, json.Unmarshal([]byte(data), &e))
				found = append(found, e.ID+" "+e.Causation)
			}
			return event != "end"
		})
		require.Equal(t, want, found, id)
	}
}

// A name that leads to this machine is no name of the page: another page would read it by that.
func TestOnlyItsOwnHostIsServed(t *testing.T) {
	w := newWorld(t, false)
	own := strings.TrimPrefix(w.url, "http://")
	_, port, err := net.SplitHostPort(own)
	require.NoError(t, err)
	for host, status := range map[string]int{
		own: 200, "localhost:" + port: 200, "LOCALHOST:" + port: 200,
		"evil.example:" + port: 403, "evil.example": 403, "127.0.0.1": 403, "127.0.0.1:1": 403, "127.0.0.1.evil.example:" + port: 403, "127.0.0.2:" + port: 403,
	} {
		for _, path := range []string{"/", "/page.js", "/api/store"} {
			got, text, header := w.request("GET", path, "", "Host", host)
			require.Equal(t, status, got, "%s on %s", path, host)
			require.Equal(t, policy, header.Get("Content-Security-Policy"))
			require.Equal(t, status == 403, strings.Contains(text, "not the host"))
		}
	}
	for site, status := range map[string]int{"same-origin": 200, "none": 200, "cross-site": 403, "same-site": 403} {
		got, _, _ := w.request("GET", "/api/store", "", "Sec-Fetch-Site", site)
		require.Equal(t, status, got, site)
	}

	all := ownHosts(&net.TCPAddr{IP: net.IPv4zero, Port: 80}, "Box.lan:80")
	for _, host := range []string{"127.0.0.1:80", "127.0.0.1", "box.lan", "localhost"} {
		require.True(t, all[host], host)
	}
	require.False(t, all["evil.example"])
	require.True(t, ownHosts(&net.TCPAddr{IP: net.IPv6loopback, Port: 7}, "")["[::1]:7"])
}

func TestWriteNeedsTheToken(t *testing.T) {
	const order = `{"position":1,"reason":"a test"}`
	w := newWorld(t, false)
	w.commit("a", opened{"ada"})
	for _, token := range []string{"", "x"} {
		status, text, _ := w.request("POST", "/api/strike", order, "Content-Type", "application/json", "Jetsource-Token", token)
		require.Equal(t, 403, status)
		require.Contains(t, text, "only reads")
	}
	require.Empty(t, get[[]wire.Gap](w, "gaps"))

	w = newWorld(t, true)
	w.commit("a", opened{"ada"})
	for _, path := range []string{"/", "/page.js", "/event.js", "/api/store"} {
		_, text, _ := w.request("GET", path, "")
		require.NotContains(t, text, w.token, "whoever can read would have it")
	}
	for _, test := range []struct {
		token, content, body string
		status               int
	}{
		{"", "application/json", order, 403},
		{w.token[1:], "application/json", order, 403},
		{w.token, "text/plain", order, 415},
		{w.token, "application/json", `{"position":1,"reason":" "}`, 400},
		{w.token, "application/json", `{"reason":"x"}`, 400},
		{w.token, "application/json", `{"position":1,"reason":"` + strings.Repeat("x", 5000) + `"}`, 400},
		{w.token, "application/json", `{"position":900,"reason":"x"}`, 502},
	} {
		status, text, _ := w.request("POST", "/api/strike", test.body, "Content-Type", test.content, "Jetsource-Token", test.token)
		require.Equal(t, test.status, status, "%v: %s", test, text)
	}
	status, _, _ := w.request("GET", "/api/strike", order, "Jetsource-Token", w.token)
	require.Equal(t, 404, status)
	require.Empty(t, get[[]wire.Gap](w, "gaps"))
	status, text, _ := w.request("POST", "/api/strike", order, "Content-Type", "application/json", "Jetsource-Token", w.token)
	require.Equal(t, 200, status, text)
	require.Equal(t, "a test", get[[]wire.Gap](w, "gaps")[0].Reason)
}

// orders sends an order to a reactor, and returns what came of it.
func (w *world) orders(body string) (int, string) {
	w.t.Helper()
	status, text, _ := w.request("POST", "/api/steer", body, "Content-Type", "application/json", "Jetsource-Token", w.token)
	return status, text
}

func TestReactorsAreShownAndSteered(t *testing.T) {
	w := newWorld(t, true)
	var closed atomic.Bool
	closed.Store(true)
	w.commit("a", opened{"ada"})
	w.commit("b", opened{"bob"}, opened{"bob"})
	w.work(&closed)
	d := w.shows(func(d steer.Details) bool { return d.Parked == 2 && d.Timers == 1 && d.Lag == 0 })
	require.Equal(t, steer.Running, d.State)
	require.Len(t, d.Crew.Workers, 1)
	require.Equal(t, []string{"account.opened"}, d.Kinds)
	require.Equal(t, "account b", d.ParkedEvents[0].Aggregate)
	require.Equal(t, "a", d.PendingTimers[0].ID)

	replay := fmt.Sprintf(`{"reactor":"shipping","verb":"replay","id":%q}`, d.ParkedEvents[0].ID)
	status, text := w.orders(replay)
	require.Equal(t, 200, status, text)
	require.Contains(t, text, "stays parked")
	closed.Store(false)
	_, text = w.orders(replay)
	require.Contains(t, text, "It was replayed.")
	status, text = w.orders(replay)
	require.Equal(t, 502, status)
	require.Contains(t, text, "not parked")
	_, text = w.orders(fmt.Sprintf(`{"reactor":"shipping","verb":"discard","id":%q}`, d.ParkedEvents[1].ID))
	require.Contains(t, text, "not parked any more")
	w.shows(func(d steer.Details) bool { return d.Parked == 0 })

	_, text = w.orders(`{"reactor":"shipping","verb":"pause"}`)
	require.Contains(t, text, "stop")
	w.shows(func(d steer.Details) bool { return d.State == steer.Paused && len(d.Crew.Workers) == 0 })
	w.commit("c", opened{"ada"})
	d = w.shows(func(d steer.Details) bool { return d.Next != nil })
	require.Equal(t, "c", d.Next.ID)
	status, text = w.orders(fmt.Sprintf(`{"reactor":"shipping","verb":"skip","position":%d}`, d.Next.Position))
	require.Equal(t, 200, status, text)
	w.orders(`{"reactor":"shipping","verb":"resume"}`)
	d = w.shows(func(d steer.Details) bool { return d.State == steer.Running && d.Lag == 0 })
	require.NotContains(t, fmt.Sprint(d.PendingTimers), " c}", "it was skipped")

	for body, want := range map[string]int{
		`{"reactor":"shipping","verb":"reset"}`:                400,
		`{"reactor":"shipping","verb":"replay"}`:               400,
		`{"reactor":"shipping","verb":"skip"}`:                 400,
		`{"reactor":"nobody","verb":"pause"}`:                  502,
		`{"reactor":"shipping","verb":"skip","position":9000}`: 502,
		`x`: 400,
	} {
		status, text := w.orders(body)
		require.Equal(t, want, status, "%s: %s", body, text)
	}
	token := w.token
	for _, w.token = range []string{"", token[1:]} {
		status, _ = w.orders(`{"reactor":"shipping","verb":"pause"}`)
		require.Equal(t, 403, status)
	}
	w = newWorld(t, false)
	status, text = w.orders(`{"reactor":"shipping","verb":"pause"}`)
	require.Equal(t, 403, status)
	require.Contains(t, text, "only reads")
}

// A browser that follows is no reason to go on: newWorld checks that Serve returns.
func TestStreamsEndWithTheProgram(t *testing.T) {
	w := newWorld(t, false)
	w.fill()
	answer, err := w.client.Get(w.url + "/api/updates")
	require.NoError(t, err)
	scanner := bufio.NewScanner(answer.Body)
	require.True(t, scanner.Scan())
	defer answer.Body.Close()
	w.end()
	for scanner.Scan() {
	}
	require.NoError(t, scanner.Err(), "the stream was cut and not ended")
}
