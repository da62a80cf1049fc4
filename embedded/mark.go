package embedded

import (
	"cmp"
	"math"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// storeIDKey is where a stream's metadata has the id of the event store in it.
// Package jetstream writes it; a stream without it is not witnessed.
const storeIDKey = "es.store_id"

// streamKey names a stream of a server.
type streamKey struct{ account, stream string }

// mark is the end of a store's log. The time tells the last message from any other that
// may have its position: in nanoseconds, as the server recorded it.
type mark struct {
	Account string    `json:"account"`
	Stream  string    `json:"stream"`
	StoreID string    `json:"store_id"`
	Last    uint64    `json:"last"`
	Time    time.Time `json:"time"`
	Events  uint64    `json:"events"` // how many messages; 0 if the stream's settings let them go
}

func (m mark) key() streamKey { return streamKey{m.Account, m.Stream} }

// compare orders marks by the names of their streams.
func (m mark) compare(o mark) int {
	return cmp.Or(cmp.Compare(m.Account, o.Account), cmp.Compare(m.Stream, o.Stream))
}

// end is the end of a stream that a server serves. StoreID is empty if the stream is not
// an event store whose log this server alone keeps. It is whole if its last message
// is the one at Last: nothing was deleted.
type end struct {
	mark
	whole bool
}

// ends are what a server serves.
type ends struct {
	streams  map[streamKey]end
	accounts map[string]bool // those with JetStream that the server knows by now
}

// servedEnds reads the ends of all streams, without a connection: it works in every
// account, whatever a client needs to connect to it. It reports false if JetStream
// is off.
func servedEnds(ns *server.Server) (ends, bool) {
	info, err := ns.Jsz(&server.JSzOptions{Accounts: true, Streams: true, Config: true, Limit: math.MaxInt32})
	if err != nil || info.Disabled {
		return ends{}, false
	}
	found := ends{streams: make(map[streamKey]end), accounts: make(map[string]bool)}
	for _, account := range info.AccountDetails {
		found.accounts[account.Id] = true
		for _, s := range account.Streams {
			m := mark{Account: account.Id, Stream: s.Name, StoreID: storeID(s.Config), Last: s.State.LastSeq, Time: s.State.LastTime}
			if keepsAll(s.Config) {
				m.Events = s.State.Msgs
			}
			found.streams[m.key()] = end{m, s.State.Msgs > 0 && s.State.NumDeleted == 0}
		}
	}
	return found, true
}

// storeID is the id of the event store in a stream, empty if there is none, or if
// the log can lose what was acknowledged though nothing is wrong: one in
// memory, one that is written later, and a copy of another stream.
func storeID(c *server.StreamConfig) string {
	if c == nil || c.Storage != server.FileStorage || c.Replicas > 1 || c.Mirror != nil || c.PersistMode == server.AsyncPersistMode {
		return ""
	}
	return c.Metadata[storeIDKey]
}

// keepsAll reports whether no message ever leaves the stream.
func keepsAll(c *server.StreamConfig) bool {
	return c != nil && c.DenyDelete && c.DenyPurge && c.Retention == server.LimitsPolicy && c.Discard == server.DiscardNew &&
		c.MaxAge == 0 && c.MaxMsgs <= 0 && c.MaxMsgsPer <= 0 && !c.AllowMsgTTL && !c.AllowRollup
}

// stores are the marks of the event stores that hold anything.
func (e ends) stores() map[streamKey]mark {
	marks := make(map[streamKey]mark)
	for key, s := range e.streams {
		if s.StoreID != "" && s.Last > 0 {
			marks[key] = s.mark
		}
	}
	return marks
}

// follow returns the marks that a witness with those marks should have now. If
// advance is false, they claim nothing that the witness did not claim before.
// exists reports whether a stream's folder is there: a stream that is neither
// served nor on disk was deleted.
func (e ends) follow(marks map[streamKey]mark, advance bool, exists func(mark) bool) map[streamKey]mark {
	next := make(map[streamKey]mark)
	for key, m := range marks {
		s, served := e.streams[key]
		switch {
		case served && s.StoreID == m.StoreID, !served && (!e.accounts[m.Account] || exists(m)):
			next[key] = m
		}
	}
	if advance {
		for key, m := range e.stores() {
			next[key] = m.without(marks[key])
		}
	}
	return next
}

// without is the mark m of a log whose mark was old, with no more holes than old
// has: one that comes up while the server runs is reported at the next start.
func (m mark) without(old mark) mark {
	if m.StoreID == old.StoreID && m.Events > 0 && old.Events > 0 {
		m.Events = max(m.Events, m.Last-(old.Last-old.Events))
	}
	return m
}
