package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jetsource/jetsource/core"
)

func (s *rules[ID, Pos, M]) entryKeys(t *testing.T) {
	p := s.open(t)
	store := p.needSystem()
	want := func(kind string, names ...string) {
		t.Helper()
		var got []string
		for key, err := range store.EntryKeys(t.Context(), kind) {
			if err != nil {
				t.Fatalf("keys of %s: %v", kind, err)
			}
			if key.Kind != kind {
				t.Errorf("a key of %s is %v", kind, key)
			}
			got = append(got, key.Name)
		}
		slices.Sort(got)
		if !slices.Equal(got, names) {
			t.Errorf("keys of %s are %q, want %q", kind, got, names)
		}
	}
	want(ledgerKey.Kind)
	p.commit(s.key(0), notes(1)...)
	for n, key := range []core.EntryKey{ledgerKey, parkingKey, ledgerKey, namesake, {Kind: ledgerKey.Kind, Name: "a name with. dots"}} {
		e := s.entry(key, int64(n))
		e.Entry.Kind = fmt.Sprint("kind-", n)
		if _, err := p.record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	want(ledgerKey.Kind, "a name with. dots", "ledger", "parking")
	want(namesake.Kind, "ledger")
	want("_storetest-none")
	for _, err := range store.EntryKeys(t.Context(), ledgerKey.Kind) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	for _, err := range store.EntryKeys(ctx, ledgerKey.Kind) {
		if n++; !errors.Is(err, context.Canceled) {
			t.Errorf("a listing whose context has ended yields error %v", err)
		}
	}
	if n != 1 {
		t.Errorf("a listing whose context has ended yields %d times, want its error", n)
	}
}
