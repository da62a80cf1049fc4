package jetstream_test

import (
	"context"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream"
)

type (
	numbered struct{ User int }    // what the first program records
	named    struct{ User string } // what the second one records

	// either is named, and reads what both record.
	either struct{ User string }
)

func (e *either) UnmarshalJSON(data []byte) error {
	var recorded struct{ User any }
	if err := json.Unmarshal(data, &recorded); err != nil {
		return err
	}
	switch user := recorded.User.(type) {
	case float64:
		e.User = "u" + strconv.Itoa(int(user))
	case string:
		e.User = user
	}
	return nil
}

// versioned was numbered.
type versioned struct{ Name string }

func (versioned) MetadataHistory() core.MetadataHistory[versioned] {
	return core.MetadataHistory[versioned]{
		Was:        []core.MetadataPast{core.MetadataWas(func(old numbered) versioned { return versioned{"user " + strconv.Itoa(old.User)} })},
		Unreadable: func([]byte, error) (versioned, error) { return versioned{"unreadable"}, nil },
	}
}

// astray has a history that does not lead to it.
type astray struct{ Name string }

func (astray) MetadataHistory() core.MetadataHistory[astray] {
	return core.MetadataHistory[astray]{Was: []core.MetadataPast{core.MetadataWas(func(old numbered) named { return named{} })}}
}

var meter = core.DefineAggregate("meter", core.On(func(sum *int, e noted) { *sum++ }))

func note(int) ([]core.Event, error) { return []core.Event{noted{}}, nil }

// recordTwice records an event with a number for a user, and one with a name.
func recordTwice(t *testing.T) jetstream.Config {
	t.Helper()
	cfg := fresh(1)
	before := core.NewRepository(openWith[string, numbered](t, cfg), meter).WithMetadata(numbered{7})
	_, err := before.Create(t.Context(), "a", core.CommandFunc[int](note))
	require.NoError(t, err)
	after := core.NewRepository(openWith[string, named](t, cfg), meter).WithMetadata(named{"ada"})
	_, err = after.Update(t.Context(), "a", core.CommandFunc[int](note))
	require.NoError(t, err, "an aggregate does not depend on metadata")
	sum, _, err := after.Load(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, 2, sum)
	return cfg
}

func TestChangedMetadataTypeIsTheFaultOfOldEventsAlone(t *testing.T) {
	cfg := recordTwice(t)
	s := openWith[string, named](t, cfg)
	events := load(t, s, core.Filter[string, uint64]{})
	require.Len(t, events, 2)
	require.Error(t, events[0].MetadataErr)
	require.Zero(t, events[0].Metadata)
	require.NoError(t, events[1].MetadataErr)
	require.Equal(t, named{"ada"}, events[1].Metadata)

	count := projection.Define("count", projection.On(func(n *int, _ core.Recorded[noted, string, uint64, named]) { *n++ }))
	_, err := projection.Load(t.Context(), s, count)
	require.ErrorAs(t, err, new(*core.DecodeError))
	require.ErrorIs(t, err, core.ErrMetadata)
	var wrong *json.UnmarshalTypeError
	require.ErrorAs(t, err, &wrong)
	require.ErrorContains(t, err, "decode event at 1 (noted of meter a): metadata cannot be decoded: ")

	seen := make(chan string, 2)
	worker := reactor.NewWorker(s, reactor.Define("r", reactor.On(func(_ context.Context, e core.Recorded[noted, string, uint64, named]) error {
		seen <- e.Metadata.User
		return nil
	}))).ParkAfter(1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	within, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	require.NoError(t, worker.CatchUp(within))
	cancel()
	require.NoError(t, <-ended)
	require.Equal(t, "ada", <-seen)
	require.Empty(t, seen)
	parked, err := worker.Parked(t.Context())
	require.NoError(t, err)
	require.Len(t, parked, 1)
	require.Equal(t, uint64(1), parked[0].Position)

	// A type that reads both is given both; what was parked can be replayed.
	both := openWith[string, either](t, cfg)
	for i, e := range load(t, both, core.Filter[string, uint64]{}) {
		require.NoError(t, e.MetadataErr)
		require.Equal(t, []either{{"u7"}, {"ada"}}[i], e.Metadata)
	}
	cured := reactor.NewWorker(both, reactor.Define("r", reactor.On(func(_ context.Context, e core.Recorded[noted, string, uint64, either]) error {
		seen <- e.Metadata.User
		return nil
	})))
	require.NoError(t, cured.Replay(t.Context(), reactor.ParkedEvent[uint64]{Position: 1}))
	require.Equal(t, "u7", <-seen)

	// A type with a history is given both, by their versions, and says what becomes of
	// the name, which was recorded before there were versions.
	told := openWith[string, versioned](t, cfg)
	_, err = core.CommitEvents(t.Context(), told, core.Key[string]{Kind: "meter", ID: "b"}, []core.Event{noted{}}, versioned{"bob"})
	require.NoError(t, err)
	var users []string
	for _, e := range load(t, told, core.Filter[string, uint64]{EventKind: "noted"}) {
		require.NoError(t, e.MetadataErr)
		users = append(users, e.Metadata.Name)
	}
	require.Equal(t, []string{"user 7", "unreadable", "bob"}, users)
	for _, e := range load(t, s, core.Filter[string, uint64]{EventKind: "noted", After: core.At(uint64(2))}) {
		require.ErrorContains(t, e.MetadataErr, "metadata is of version 1, and this program knows 0")
	}
	_, err = jetstream.Open[string, astray](t.Context(), connect(t, 1), cfg)
	require.ErrorContains(t, err, "history of metadata jetstream_test.astray: gap: version 0 becomes a jetstream_test.named")
}
