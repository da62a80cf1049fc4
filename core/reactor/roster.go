package reactor

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jetsource/jetsource/core"
)

// roster is what is kept with the leases: which workers there are, and who has which partition,
// and how far that is.
type roster[Pos comparable] struct {
	Members    []member       `json:"members"`
	Partitions []holding[Pos] `json:"partitions"`
}

// member is a worker. It counts while it is alive.
type member struct {
	ID   string `json:"id"`
	Beat int    `json:"beat"`
	// Silent is for how long others have seen that it has not beaten, at least. A worker
	// goes on from what those before it saw: none has to live for the whole time itself.
	Silent time.Duration `json:"silent,omitempty"`
}

// holding is a partition, and the worker that has it; none if Owner is empty.
type holding[Pos comparable] struct {
	Owner string      `json:"owner,omitempty"`
	Fault *Fault[Pos] `json:"fault,omitempty"` // what the worker is trying again
	checkpoint[Pos]
}

// parseRoster reads a roster of n partitions. One that cannot be read, or has another
// number, is as good as none: the log has what must not be lost.
func parseRoster[Pos comparable](value []byte, n int) *roster[Pos] {
	r := new(roster[Pos])
	if err := json.Unmarshal(value, r); err != nil || len(r.Partitions) != n {
		r = &roster[Pos]{Partitions: make([]holding[Pos], n)}
	}
	return r
}

// newMember returns the name of a worker: that of its host, and a random part.
func newMember() string {
	host, err := os.Hostname()
	if err != nil || !utf8.ValidString(host) {
		host = "unknown"
	}
	return host + "-" + rand.Text()[:12]
}

// index returns the place of a member; negative if it is none.
func (r *roster[Pos]) index(id string) int {
	return slices.IndexFunc(r.Members, func(m member) bool { return m.ID == id })
}

// join adds a member, if it is none, and counts its beat. It reports whether it was one.
func (r *roster[Pos]) join(id string) bool {
	if i := r.index(id); i >= 0 {
		r.Members[i].Beat++
		r.Members[i].Silent = 0
		return true
	}
	r.Members = append(r.Members, member{ID: id})
	return false
}

// drop removes members, and frees the partitions of these and of workers that are not there.
func (r *roster[Pos]) drop(gone func(member) bool) {
	r.Members = slices.DeleteFunc(r.Members, gone)
	for i := range r.Partitions {
		if h := &r.Partitions[i]; h.Owner != "" && r.index(h.Owner) < 0 {
			h.Owner, h.Fault = "", nil
		}
	}
}

// fairShare returns how many of the partitions a member is to have, so that none has two more than
// another.
func (r *roster[Pos]) fairShare(id string) int {
	n, members := len(r.Partitions), len(r.Members)
	share := n / members
	if r.index(id) < n%members {
		share++
	}
	return share
}

// least returns how far those partitions are that a member does not have.
func (r *roster[Pos]) least(id string, covers func(at, v core.Version[Pos]) bool) (least core.Version[Pos]) {
	first := true
	for _, h := range r.Partitions {
		if h.Owner != id && (first || covers(least, h.Processed)) {
			least, first = h.Processed, false
		}
	}
	return least
}

// sightings say since when a worker has seen others silent.
type sightings map[string]sighting

type sighting struct {
	beat  int
	since time.Time
}

// see looks at the members, and notes for how long each has been silent.
func (s sightings) see(members []member) {
	now := time.Now()
	for i := range members {
		m := &members[i]
		since := now.Add(-m.Silent) // as others have seen it
		if last, ok := s[m.ID]; ok && last.beat == m.Beat && last.since.Before(since) {
			since = last.since
		}
		s[m.ID] = sighting{m.Beat, since}
		m.Silent = now.Sub(since)
	}
	for id := range s {
		if !slices.ContainsFunc(members, func(m member) bool { return m.ID == id }) {
			delete(s, id)
		}
	}
}
