package wire

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

func FuzzParseCommitHeader(f *testing.F) {
	for _, seed := range []string{
		"A 0 0/1 1 0", "01J 12 3/4 16 18446744073709551615", "", " ", "A", "A 0 0/1", "A 0 0/1 0", "A 0 1/1 1 0", "A -1 0/1 1 0", "A 0 0/1 1 -0", "A 1 0/1 1 0",
		"A +1 0/1 2 0", "A 00 0/1 1 0", "A 0 0/1 1 0 ", " A 0 0/1 1 0", "A  0 0/1 1 0", "A 0 0/1/2 2 0", "\x00 0 0/1 1 0", "A 0 0/1 01 0",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseCommitHeader(text)
		if err != nil {
			require.Zero(t, l)
			return
		}
		require.Equal(t, text, l.String())
		require.NotEmpty(t, l.ID)
		require.NotContains(t, l.ID, " ")
		require.True(t, 0 <= l.Index && l.Index < l.Count && l.Offset >= 0 && l.Offset+l.Count <= l.Total)
		again, err := ParseCommitHeader(l.String())
		require.NoError(t, err)
		require.Equal(t, l, again)
	})
}

func FuzzCommitHeader(f *testing.F) {
	f.Add("A", 0, 0, 1, 1, uint64(0))
	f.Add("01J", math.MaxInt-1000, 998, 1000, math.MaxInt, uint64(math.MaxUint64))
	f.Fuzz(func(t *testing.T, id string, offset, index, count, total int, previous uint64) {
		l := CommitHeader{core.CommitInfo{ID: id, Offset: offset, Index: index, Count: count}, total, previous}
		got, err := ParseCommitHeader(l.String())
		if id == "" || strings.Contains(id, " ") || offset < 0 || index < 0 || index >= count || count > total-offset {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.Equal(t, l, got)
	})
}

// What is parsed is what would be written, so that no event is on two subjects.
func FuzzSubjectsParse(f *testing.F) {
	for _, seed := range []string{
		"events.noted.account.ACC-001", "events.a/b.c=20d.=00", "events._x.account.a", "events.a._x.=zz", "events.a.b", "events.a.b.c.d",
		"events...", "other.a.b.c", "", ".", "events.a.b.=41", "events.=5F.b.c", "events.*.>.a",
	} {
		f.Add(seed)
	}
	s, err := NewSubjects[string]("events")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, subject string) {
		key, kind, system, err := s.Parse(subject)
		if err != nil || system {
			require.False(t, err != nil && system)
			return
		}
		aggregate, err := s.Aggregate(key)
		if err != nil {
			require.Greater(t, len(subject), 512, "only a subject that is too long cannot be written: %v", err)
			return
		}
		again, err := s.Event(kind, aggregate)
		if err != nil {
			require.Greater(t, len(subject), maxSubject)
			return
		}
		require.Equal(t, subject, again)
		require.False(t, strings.ContainsAny(subject, "*> \t\r\n"))
	})
}

func FuzzSubjects(f *testing.F) {
	f.Add("noted", "account", "ACC-001")
	f.Add("a.b", "*", ">")
	f.Add("\xff", " ", "é\x00")
	s, err := NewSubjects[string]("events")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, kind, aggregateKind, id string) {
		key := core.Key[string]{Kind: aggregateKind, ID: id}
		aggregate, err := s.Aggregate(key)
		if err != nil {
			require.ErrorIs(t, err, core.ErrName)
			return
		}
		subject, err := s.Event(kind, aggregate)
		if err != nil {
			require.ErrorIs(t, err, core.ErrName)
			return
		}
		gotKey, gotKind, system, err := s.Parse(subject)
		require.NoError(t, err)
		require.False(t, system)
		require.Equal(t, key, gotKey)
		require.Equal(t, kind, gotKind)
		require.LessOrEqual(t, len(subject), maxSubject)
	})
}

// Whatever headers an answer has, it is read in ascending order without a hole,
// or not at all.
func FuzzDirectAnswer(f *testing.F) {
	f.Add("S", "1", "0", "0", "e.k.a.1", "2025-01-01T00:00:00Z", "", "3", "1", "0")
	f.Add("S", "18446744073709551615", "0", "x", "e.k.a.1", "2025-01-01T00:00:00Z", "404", "3", "1", "")
	f.Add("", "", "", "", "", "", "204", "", "", "")
	f.Fuzz(func(t *testing.T, stream, seq, last, pending, subject, time, status, seq2, last2, upTo string) {
		header := func(seq, last string) nats.Header {
			h := nats.Header{}
			for k, v := range map[string]string{
				HeaderStream: stream, HeaderSequence: seq, HeaderLastSequence: last, HeaderPending: pending, HeaderSubject: subject,
				HeaderTime: time, HeaderStatus: status, HeaderUpTo: upTo,
			} {
				if v != "" {
					h[k] = []string{"forged", v}
				}
			}
			return h
		}
		p := NewPage("S", GetRequest{NextFor: "e.k.a.1"})
		for _, m := range []*nats.Msg{{Header: header(seq, last)}, {Header: header(seq2, last2)}} {
			done, err := p.Add(m)
			if done || err != nil {
				break
			}
		}
		at := uint64(0)
		for i, m := range p.Messages {
			require.Greater(t, m.Seq, at)
			require.Equal(t, "S", stream)
			require.NotEmpty(t, m.Subject)
			require.Equal(t, []string{seq, seq2}[i], plus(m.Seq, []string{seq, seq2}[i]))
			named, err := strconv.ParseUint([]string{last, last2}[i], 10, 64)
			require.NoError(t, err)
			require.Equal(t, at, named)
			at = m.Seq
		}
	})
}

// plus is n as it may be written: with zeros before it.
func plus(n uint64, as string) string {
	text := strconv.FormatUint(n, 10)
	return strings.Repeat("0", max(len(as)-len(text), 0)) + text
}
