// Package sealedtest checks key stores of package sealed against their contract.
package sealedtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jetsource/jetsource/codec/sealed"
)

// Run checks a key store. Open returns one that is empty.
func Run(t *testing.T, open func(t *testing.T) sealed.KeyStore) {
	for _, rule := range []struct {
		name  string
		check func(*testing.T, sealed.KeyStore)
	}{
		{"a subject without a value has no key", noKey},
		{"a value is stored once at each revision", revisions},
		{"a destroyed value never comes back", destroyed},
		{"subjects with a value are listed", listed},
		{"of several writers one succeeds", races},
		{"no method outlasts its context", contexts},
	} {
		t.Run(rule.name, func(t *testing.T) { rule.check(t, open(t)) })
	}
}

// names are subjects that a store must take.
var names = []string{"C-17", "a.b", "with space", "é", "*", ">", "$x"}

func noKey(t *testing.T, s sealed.KeyStore) {
	for _, name := range names {
		if _, _, err := s.Load(t.Context(), name); !errors.Is(err, sealed.ErrNoKey) {
			t.Errorf("load of %q: %v, must be ErrNoKey", name, err)
		}
	}
}

func revisions(t *testing.T, s sealed.KeyStore) {
	for _, name := range names {
		must(t, s.Store(t.Context(), name, []byte("1 "+name), 0))
		changed(t, s.Store(t.Context(), name, []byte("other"), 0))
		first := requireValue(t, s, name, "1 "+name)
		changed(t, s.Store(t.Context(), name, []byte("other"), first+100))
		must(t, s.Store(t.Context(), name, []byte("2 "+name), first))
		changed(t, s.Store(t.Context(), name, []byte("other"), first))
		if second := requireValue(t, s, name, "2 "+name); second == first {
			t.Errorf("two values have the revision %d", first)
		}
	}
}

func destroyed(t *testing.T, s sealed.KeyStore) {
	must(t, s.Store(t.Context(), "kept", []byte("k"), 0))
	must(t, s.Store(t.Context(), "a", []byte("1"), 0))
	revision := requireValue(t, s, "a", "1")
	for _, name := range []string{"a", "never"} {
		for range 2 { // again, as after an interruption
			must(t, s.Destroy(t.Context(), name))
			if _, _, err := s.Load(t.Context(), name); !errors.Is(err, sealed.ErrForgotten) {
				t.Errorf("load of %q: %v, must be ErrForgotten", name, err)
			}
		}
		for r := range uint64(20) { // whatever its revision is now
			changed(t, s.Store(t.Context(), name, []byte("back"), r))
		}
	}
	changed(t, s.Store(t.Context(), "a", []byte("back"), revision))
	requireValue(t, s, "kept", "k")
}

func listed(t *testing.T, s sealed.KeyStore) {
	for _, name := range append(slices.Clone(names), "gone") {
		must(t, s.Store(t.Context(), name, []byte("v"), 0))
	}
	must(t, s.Destroy(t.Context(), "gone"))
	must(t, s.Destroy(t.Context(), "never"))
	var got []string
	for name, err := range s.Subjects(t.Context()) {
		must(t, err)
		got = append(got, name)
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(names)); !slices.Equal(got, want) {
		t.Errorf("subjects are %q, must be %q", got, want)
	}
}

func races(t *testing.T, s sealed.KeyStore) {
	var wins atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			err := s.Store(t.Context(), "a", fmt.Append(nil, i), 0)
			if err == nil {
				wins.Add(1)
			} else if !errors.Is(err, sealed.ErrChanged) {
				t.Errorf("store: %v, must be ErrChanged", err)
			}
		})
	}
	all.Wait()
	if n := wins.Load(); n != 1 {
		t.Errorf("%d writers of a new key succeed, must be 1", n)
	}
}

func contexts(t *testing.T, s sealed.KeyStore) {
	cause := errors.New("over")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	_, _, err := s.Load(ctx, "a")
	ended(t, "Load", err)
	ended(t, "Store", s.Store(ctx, "a", []byte("v"), 0))
	ended(t, "Destroy", s.Destroy(ctx, "a"))
	if _, _, err := s.Load(t.Context(), "a"); !errors.Is(err, sealed.ErrNoKey) {
		t.Errorf("load after calls whose context had ended: %v, must be ErrNoKey", err)
	}
}

func ended(t *testing.T, method string, err error) {
	t.Helper()
	if err == nil || errors.Is(err, sealed.ErrNoKey) || errors.Is(err, sealed.ErrForgotten) || errors.Is(err, sealed.ErrChanged) {
		t.Errorf("%s returns %v though its context has ended", method, err)
	}
}

func requireValue(t *testing.T, s sealed.KeyStore, name, want string) uint64 {
	t.Helper()
	value, revision, err := s.Load(t.Context(), name)
	must(t, err)
	if !bytes.Equal(value, []byte(want)) || revision == 0 {
		t.Errorf("value of %q is %q at revision %d, must be %q", name, value, revision, want)
	}
	return revision
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func changed(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, sealed.ErrChanged) {
		t.Errorf("store at another revision: %v, must be ErrChanged", err)
	}
}
