package jetstream_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/embedded"
	"github.com/jetsource/jetsource/jetstream"
)

// A cutLog is a log on disk that is cut at any byte, as by a loss of power.
type cutLog struct {
	dir    string // of the server, which is closed
	events []plainEvent
	ends   map[uint64]uint64 // by the position of an event, that of the last message of its commit
	keys   []core.Key[string]
}

// newCutLog writes a random history of single commits, commits of several events, of
// several aggregates, with system entries, and of many writers at once.
func newCutLog(t testing.TB, rng *rand.Rand, cfg jetstream.Config) *cutLog {
	t.Helper()
	l := &cutLog{dir: t.TempDir(), ends: make(map[uint64]uint64)}
	for i := range 4 {
		l.keys = append(l.keys, account(fmt.Sprint("a", i)))
	}
	on(t, l.dir, cfg, func(s *plainStore, nc *nats.Conn, _ uint64) {
		for n := range 6 + rng.IntN(10) {
			l.commit(t, s, rng, n)
		}
		l.look(t, s, nc)
	})
	return l
}

// look takes what is in the log.
func (l *cutLog) look(t testing.TB, s *plainStore, nc *nats.Conn) {
	t.Helper()
	l.events = load(t, s, core.Filter[string, uint64]{})
	for seq := uint64(1); seq <= streamInfo(t, nc, "EVENTS").State.LastSeq; seq++ {
		l.ends[seq] = endOf(t, nc, "EVENTS", seq)
	}
}

func (l *cutLog) commit(t testing.TB, s *plainStore, rng *rand.Rand, n int) {
	name, key := fmt.Sprint("commit ", n), l.keys[rng.IntN(len(l.keys))]
	var several []plainCommit
	switch rng.IntN(5) {
	case 0:
		several = []plainCommit{{Key: key, Unchecked: true, Events: notes(name, 1)}}
	case 1:
		several = []plainCommit{{Key: key, Unchecked: true, Events: notes(name, 2+rng.IntN(4))}}
	case 2, 3:
		for _, i := range rng.Perm(len(l.keys))[:2+rng.IntN(3)] {
			several = append(several, plainCommit{Key: l.keys[i], Unchecked: true, Events: notes(name, 1+rng.IntN(3))})
		}
		if rng.IntN(2) == 0 {
			several = append(several, plainCommit{Unchecked: true, Entry: &core.Entry{Key: core.EntryKey{Kind: "_mark", Name: "m"}, Kind: "set", Data: []byte("{}")}})
		}
	default: // grouped
		var all sync.WaitGroup
		for i, key := range l.keys {
			all.Go(func() {
				_, err := core.CommitEvents(t.Context(), s, key, notes(fmt.Sprint(name, " by ", i), 1+i%3), core.NoMetadata{})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		return
	}
	_, err := s.Commit(t.Context(), several...)
	require.NoError(t, err)
}

// on runs a function with a store on a server in a directory, and the last position
// that the stream had before the store was opened.
func on(t testing.TB, dir string, cfg jetstream.Config, run func(s *plainStore, nc *nats.Conn, last uint64)) {
	t.Helper()
	srv, err := embedded.Start(embedded.Config{Dir: dir, LazySync: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, srv.Close()) }()
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Timeout(time.Minute))
	require.NoError(t, err)
	defer nc.Close()
	last := uint64(0)
	js := jetStream(t, nc)
	if stream, err := js.Stream(t.Context(), "EVENTS"); err == nil {
		last = stream.CachedInfo().State.LastSeq
	}
	s, err := jetstream.Open[string, core.NoMetadata](t.Context(), nc, cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	run(s, nc, last)
}

// endOf reads the end of the commit of a message from its header, as the wire format
// describes it.
func endOf(t testing.TB, nc *nats.Conn, name string, seq uint64) uint64 {
	t.Helper()
	stream := streamOf(t, nc, name)
	m, err := stream.GetMsg(t.Context(), seq)
	require.NoError(t, err)
	words := strings.Fields(m.Header.Get("Es-Commit")) // <id> <offset> <index>/<count> <total> <previous>
	index, _, _ := strings.Cut(words[2], "/")
	var n [3]uint64
	for i, word := range []string{words[1], index, words[3]} {
		n[i], err = strconv.ParseUint(word, 10, 64)
		require.NoError(t, err)
	}
	return seq - n[0] - n[1] + n[2] - 1
}

// blocks returns the files of the messages, the last one first.
func blocks(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "jetstream", "$G", "streams", "EVENTS", "msgs", "*.blk"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	slices.Reverse(files)
	return files
}

// cut copies the log and keeps so many bytes of its last block.
func (l *cutLog) cut(t testing.TB, keep int64) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "jetstream"), os.DirFS(filepath.Join(l.dir, "jetstream"))))
	last := blocks(t, dir)[0]
	require.NoError(t, os.Truncate(last, keep))
	require.NoError(t, os.RemoveAll(filepath.Join(filepath.Dir(last), "index.db")))
	return dir
}

// upTo returns the events of commits that end at or before a position.
func (l *cutLog) upTo(last uint64) []plainEvent {
	return slices.DeleteFunc(slices.Clone(l.events), func(e plainEvent) bool { return l.ends[e.Position] > last })
}

// check opens the log after a cut, and compares what every reader sees. It returns the
// log as it went on, and whether a commit was torn.
func (l *cutLog) check(t testing.TB, keep int64, cfg jetstream.Config) (next *cutLog, torn bool) {
	t.Helper()
	next = &cutLog{dir: l.cut(t, keep), ends: make(map[uint64]uint64), keys: l.keys}
	on(t, next.dir, cfg, func(s *plainStore, nc *nats.Conn, last uint64) {
		log := l.upTo(last)
		torn = last > 0 && l.ends[last] > last
		f := follow(s, core.Filter[string, uint64]{})
		l.agree(t, s, log)
		for _, key := range l.keys {
			at, err := s.Version(t.Context(), key)
			require.NoError(t, err)
			_, err = core.CommitEventsOptimistic(t.Context(), s, key, at, notes("goes on", 2), core.NoMetadata{})
			require.NoError(t, err, "%v at %v, cut at %d", key, at, keep)
		}
		next.look(t, s, nc)
		require.Equal(t, log, next.events[:len(log)])
		require.Len(t, next.events, len(log)+2*len(l.keys))
		l.agree(t, s, next.events)
		f.saw(t, next.events)
	})
	on(t, next.dir, cfg, func(s *plainStore, _ *nats.Conn, _ uint64) { l.agree(t, s, next.events) })
	return next, torn
}

// agree compares every way to read with the log.
func (l *cutLog) agree(t testing.TB, s *plainStore, log []plainEvent) {
	t.Helper()
	want := func(keep func(plainEvent) bool) (list []plainEvent) {
		for _, e := range log {
			if keep(e) {
				list = append(list, e)
			}
		}
		return list
	}
	require.Equal(t, want(func(plainEvent) bool { return true }), load(t, s, core.Filter[string, uint64]{}))
	for _, kind := range []string{"noted", "also.noted"} {
		require.Equal(t, want(func(e plainEvent) bool { return e.Kind == kind }), load(t, s, core.Filter[string, uint64]{EventKind: kind}))
	}
	ids := make(map[string]bool)
	for _, key := range l.keys {
		events := want(func(e plainEvent) bool { return e.Key == key })
		require.Equal(t, events, load(t, s, of(key)))
		noted := want(func(e plainEvent) bool { return e.Key == key && e.Kind == "noted" })
		require.Equal(t, noted, load(t, s, core.Filter[string, uint64]{Aggregate: &key, EventKind: "noted"}))
		at, err := s.Version(t.Context(), key)
		require.NoError(t, err)
		if len(events) == 0 {
			require.Zero(t, at)
			continue
		}
		ids[key.ID] = true
		require.Equal(t, core.At(events[len(events)-1].Position), at)
		next, err := s.NextVersion(t.Context(), core.Version[uint64]{}, of(key))
		require.NoError(t, err)
		require.Equal(t, core.At(events[0].Position), next)
	}
	found := make(map[string]bool)
	for id, err := range s.IDs(t.Context(), "account") {
		require.NoError(t, err)
		found[id] = true
	}
	require.Equal(t, ids, found)
}

// A log that was cut anywhere shows whole commits only, to every reader, and every
// aggregate goes on; also if it is cut again, with the entries that named the tear.
func TestCutLogShowsWholeCommits(t *testing.T) {
	t.Parallel()
	rng := randomly(t)
	cfg := jetstream.Config{Logger: slog.New(slog.DiscardHandler), GroupCommit: jetstream.GroupCommitAlways}
	torn, cuts := 0, 0
	for range soak(1, 200) {
		l := newCutLog(t, rng, cfg)
		for range soak(6, 8) {
			for log, again := l, true; again; again = rng.IntN(2) == 0 {
				info, err := os.Stat(blocks(t, log.dir)[0])
				require.NoError(t, err)
				cuts++
				next, inside := log.check(t, info.Size()-rng.Int64N(min(info.Size(), 64<<10)+1), cfg)
				if inside {
					torn++
				}
				log = next
			}
		}
	}
	t.Logf("%d cuts, %d of them in a commit", cuts, torn)
	require.Positive(t, torn)
}
