package main

import (
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jetsource/jetsource/core"
)

// onEach runs a test on an empty store of each side.
func onEach(t *testing.T, test func(t *testing.T, s store)) {
	c := &contenders{}
	t.Cleanup(func() { noError(t, c.close()) })
	noError(t, c.start(t.Context()))
	stores, err := c.open(t.Context())
	noError(t, err)
	t.Cleanup(func() { noError(t, closeAll(stores)) })
	for i, s := range stores {
		t.Run(sideNames[i], func(t *testing.T) { test(t, s) })
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func texts(all ...string) (events []core.Event) {
	for _, text := range all {
		events = append(events, changed{text})
	}
	return events
}

func TestLoadAndFoldGiveWhatWasCommitted(t *testing.T) {
	onEach(t, func(t *testing.T, s store) {
		ctx := t.Context()
		_, version, err := s.load(ctx, "a")
		noError(t, err)
		equal(t, version, 0)

		versions, err := s.commit(ctx, commit{"a", 0, texts("1", "22")}, commit{"b", 0, texts("x")})
		noError(t, err)
		_, err = s.commit(ctx, commit{"a", versions[0], texts("333")})
		noError(t, err)
		noError(t, s.settle(ctx))

		d, version, err := s.load(ctx, "a")
		noError(t, err)
		equal(t, d, document{Changes: 3, Bytes: 6, Last: "333"})
		_, err = s.commit(ctx, commit{"a", version, texts("4")})
		noError(t, err) // the version that was loaded is the one to commit on
		all, err := s.fold(ctx)
		noError(t, err)
		equal(t, all, totals{Events: 5, Bytes: 8})
	})
}

func TestConflictRecordsNothing(t *testing.T) {
	onEach(t, func(t *testing.T, s store) {
		ctx := t.Context()
		_, err := s.commit(ctx, commit{"a", 0, texts("1")})
		noError(t, err)
		_, err = s.commit(ctx, commit{"b", 0, texts("1")}, commit{"a", 0, texts("2", "3")})
		if !errors.Is(err, errConflict) {
			t.Fatalf("got %v, want a conflict", err)
		}
		all, err := s.fold(ctx)
		noError(t, err)
		equal(t, all, totals{Events: 1, Bytes: 1})
	})
}

func TestUpdatesOfOneAggregateAreAllRecorded(t *testing.T) {
	onEach(t, func(t *testing.T, s store) {
		_, err := s.commit(t.Context(), commit{"a", 0, texts("1")})
		noError(t, err)
		const writers = 4
		errs := make(chan error, 2*writers)
		for range writers {
			go func() {
				errs <- s.update(t.Context(), "a", false)
				errs <- s.update(t.Context(), "a", true)
			}()
		}
		for range 2 * writers {
			noError(t, <-errs)
		}
		d, _, err := s.load(t.Context(), "a")
		noError(t, err)
		equal(t, d.Changes, 1+2*writers)
	})
}

func TestDurabilityIsAsNamed(t *testing.T) {
	for _, async := range []bool{false, true} {
		c := &contenders{async: async}
		t.Run(c.name(), func(t *testing.T) {
			t.Cleanup(func() { noError(t, c.close()) })
			noError(t, c.start(t.Context()))
			stores, err := c.open(t.Context())
			noError(t, err)
			t.Cleanup(func() { noError(t, closeAll(stores)) })
			var commits, fsync, mode string
			pool := c.engines[1].(*postgres).pool
			noError(t, pool.QueryRow(t.Context(), "SELECT current_setting('synchronous_commit'), current_setting('fsync')").Scan(&commits, &fsync))
			var level int
			writer := stores[2].(*sqliteStore).writer
			noError(t, writer.QueryRow("PRAGMA synchronous").Scan(&level))
			noError(t, writer.QueryRow("PRAGMA journal_mode").Scan(&mode))
			equal(t, fsync, "on")
			equal(t, mode, "wal")
			if async {
				equal(t, commits, "off")
				equal(t, level, 1)
			} else {
				equal(t, commits, "on")
				equal(t, level, 2)
			}
		})
	}
}

// TestRowsRunToTheirEnd also holds that nothing is left: not when the rows end, and
// not when they are cancelled.
func TestRowsRunToTheirEnd(t *testing.T) {
	t.Setenv("TMPDIR", shortTempDir(t))
	b := bench{turn: time.Millisecond, rounds: 1, events: largeEvents, out: io.Discard}
	b.only = regexp.MustCompile("^(commit of 3 events by (1|8)|load of .* by (1|8)|fold|update of .* by (1|8)).*async$")
	var out strings.Builder
	b.out = &out
	noError(t, b.run(t.Context()))
	equal(t, strings.Count(out.String(), ", async "), 2*12) // when each row ends, and in the table
	empty(t, os.TempDir())

	ctx, cancel := context.WithCancel(t.Context())
	b.out = writerFunc(func() { cancel() })
	if err := b.run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the context's error", err)
	}
	empty(t, os.TempDir())
}

// writerFunc is called when something is written.
type writerFunc func()

func (f writerFunc) Write(p []byte) (int, error) { f(); return len(p), nil }

// shortTempDir returns a directory that the user of PostgreSQL can reach, with a path
// that is short enough for a socket.
func shortTempDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/tmp", "peers")
	noError(t, err)
	t.Cleanup(func() { noError(t, os.RemoveAll(dir)) })
	noError(t, os.Chmod(dir, 0o755))
	return dir
}

func empty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	noError(t, err)
	if len(entries) > 0 {
		t.Fatalf("%s has %v", dir, entries)
	}
}

func TestAskingForNoRowIsAnError(t *testing.T) {
	b := bench{rounds: 1, events: largeEvents, only: regexp.MustCompile("nothing has this name"), out: io.Discard}
	if err := b.run(t.Context()); err == nil || !strings.Contains(err.Error(), "nothing has this name") {
		t.Fatalf("got %v", err)
	}
}
