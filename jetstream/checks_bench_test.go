package jetstream_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec"
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/jetstream"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// writeOnly is a codec that does not read back what it wrote.
type writeOnly struct{ codec.Codec }

func (c writeOnly) MarshalKind(_ string, v any) ([]byte, error)  { return json.Marshal(v) }
func (c writeOnly) MarshalState(_ string, v any) ([]byte, error) { return json.Marshal(v) }
func (c writeOnly) UnmarshalKind(_ string, data []byte, v any) error {
	return c.Unmarshal(data, v)
}

// loose is an event whose type does not tell that it can be read: it is read back.
type loose struct {
	Text  string
	Extra any
}

func (loose) EventKind() string { return "document.loosened" }

// BenchmarkReadBack tells what a commit costs whose event is read back before it is sent, ÷ one
// whose event is not.
func BenchmarkReadBack(b *testing.B) {
	with, without := fresh(1), fresh(1)
	without.Codec = writeOnly{codec.JSON}
	checked, unchecked := openWith[string, core.NoMetadata](b, with), openWith[string, core.NoMetadata](b, without)
	events := []core.Event{loose{text, map[string]any{"by": "ada", "amount": 12.5}}}
	var ours, raw side
	for b.Loop() {
		for s, side := range map[*jetstream.Store[string, core.NoMetadata]]*side{checked: &ours, unchecked: &raw} {
			side.time(func() {
				_, err := s.Commit(b.Context(), plainCommit{Key: account("a"), Unchecked: true, Events: events})
				require.NoError(b, err)
			})
		}
	}
	report(b, ours, raw)
}

// BenchmarkLookForGaps tells what it costs a load that its first request asks for the entries that
// name void commits and struck-out messages too, ÷ the same without them.
func BenchmarkLookForGaps(b *testing.B) {
	cfg := fresh(1)
	s := openWith[string, core.NoMetadata](b, cfg)
	for i := range 2000 {
		_, err := s.Commit(b.Context(), plainCommit{Key: account(fmt.Sprint(i % 200)), Unchecked: true, Events: []core.Event{unseen{text}}})
		require.NoError(b, err)
	}
	nc := connect(b, 1)
	answers, err := nc.SubscribeSync(nc.NewInbox())
	require.NoError(b, err)
	ask := func(subjects ...string) {
		request, err := json.Marshal(wire.GetRequest{MultiLast: subjects})
		require.NoError(b, err)
		require.NoError(b, nc.PublishRequest("$JS.API.DIRECT.GET."+cfg.Stream, answers.Subject, request))
		for status := ""; status != "204"; {
			m, err := answers.NextMsgWithContext(b.Context())
			require.NoError(b, err)
			require.NotEqual(b, "404", m.Header.Get("Status"))
			status = m.Header.Get("Status")
		}
	}
	var ours, raw side
	for i := 0; b.Loop(); i++ {
		all := fmt.Sprintf("%s.*.account.%d", cfg.Prefix, i%200)
		head := wire.WithKind(all, "document/changed")
		ours.time(func() { ask(append(wire.GapSubjects(all), head)...) })
		raw.time(func() { ask(head) })
	}
	report(b, ours, raw)
}
