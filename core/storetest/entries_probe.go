package storetest

import (
	"encoding/json"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

func (p *probe[ID, Pos, M]) needSystem() core.SystemStore[ID, Pos, M] {
	p.Helper()
	store, ok := p.store.(core.SystemStore[ID, Pos, M])
	if !ok {
		p.Skip("this store is not a core.SystemStore")
	}
	return store
}

// entryOf returns an entry, to be recorded unchecked.
func (s *rules[ID, Pos, M]) entry(key core.EntryKey, n int64) core.Commit[ID, Pos, M] {
	return core.Commit[ID, Pos, M]{Unchecked: true, Entry: &core.Entry{Key: key, Kind: "storetest-entry", Data: fmt.Appendf(nil, `{"n":%d}`, n)}}
}

// numberOf returns what tells an entry from the others of its rule.
func numberOf[Pos comparable](e core.StoredEntry[Pos]) int64 {
	var data struct {
		N int64 `json:"n"`
	}
	if json.Unmarshal(e.Data, &data) != nil {
		return -1
	}
	return data.N
}

// enter records entries that have to be taken, and returns their positions.
func (p *probe[ID, Pos, M]) enter(entries ...core.Commit[ID, Pos, M]) []Pos {
	p.Helper()
	positions, err := p.record(p.Context(), entries...)
	if err != nil || len(positions) != len(entries) {
		p.Fatalf("record %d system entries: got %d positions, error %v", len(entries), len(positions), err)
	}
	return positions
}

// entries returns all entries of a key.
func (p *probe[ID, Pos, M]) entries(key core.EntryKey) []core.StoredEntry[Pos] {
	p.Helper()
	var all []core.StoredEntry[Pos]
	for e, err := range p.needSystem().LoadEntries(p.Context(), key, core.Version[Pos]{}) {
		if err != nil {
			p.Fatalf("the entries of %.80v: %v", key, err)
		}
		all = append(all, e)
	}
	return all
}

// wantEntries checks the entries of a key, and that the last is the last.
func (p *probe[ID, Pos, M]) wantEntries(key core.EntryKey, want ...int64) {
	p.Helper()
	store, all := p.needSystem(), p.entries(key)
	var got []int64
	for i, e := range all {
		got = append(got, numberOf(e))
		if e.Kind != "storetest-entry" {
			p.Errorf("entry %d of %.80v has kind %q", i, key, e.Kind)
		}
		if i > 0 && store.ComparePositions(all[i-1].Position, e.Position) >= 0 {
			p.Errorf("the entry at position %v comes after the one at %v", e.Position, all[i-1].Position)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		p.Errorf("the entries of %.80v are %v, want %v", key, got, want)
	}
	last, ok, err := store.LastEntry(p.Context(), key)
	switch {
	case err != nil:
		p.Errorf("the last entry of %.80v: %v", key, err)
	case ok != (len(want) > 0):
		p.Errorf("%.80v has a last entry: %t, but has %d entries", key, ok, len(want))
	case ok && len(all) > 0 && (last.Position != all[len(all)-1].Position || numberOf(last) != numberOf(all[len(all)-1])):
		p.Errorf("the last entry of %.80v is %d at %v, want %d at %v", key, numberOf(last), last.Position, got[len(got)-1], all[len(all)-1].Position)
	}
}
