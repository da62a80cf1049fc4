package jetstream

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsource/jetsource/core"
)

// commit is a commit ready to be sent: encoded, and within every limit.
type commit struct {
	id    string
	parts []*part
	size  int  // events
	share int  // the most commits that may be sent with it, itself included; 0 for any number
	doubt bool // it was sent with others and denied: what the answer meant for it is not certain
}

// bytes is about what the commit takes in a batch.
func (c *commit) bytes() (n int) {
	for _, p := range c.parts {
		n += p.bytes
	}
	return n
}

// part is what a commit records for one aggregate.
type part struct {
	filter    string // the aggregate's subjects, as every commit to it names them
	expected  uint64
	unchecked bool // expected is the version that the aggregate was found at
	msgs      []*nats.Msg
	bytes     int // of the messages, with all that is added when they are sent
}

// newCommit gives parts the id, the links and the expectations of one commit.
// It may be called again for parts whose commit is known to have failed.
func newCommit(parts []*part) *commit {
	c := &commit{id: rand.Text(), parts: parts}
	for _, p := range parts {
		for i, m := range p.msgs {
			m.Header[headerCommit] = []string{link{
				CommitInfo: core.CommitInfo{ID: c.id, Index: i, Count: len(p.msgs), Offset: c.size},
				previous:   p.expected,
			}.String()}
		}
		// A replicated stream holds its guard until the last message that names
		// the aggregate is applied, and looks at the expectation of the first.
		expect(p.msgs[0], p)
		if len(p.msgs) > 1 {
			expect(p.msgs[len(p.msgs)-1], p)
		}
		c.size += len(p.msgs)
	}
	return c
}

// last returns the position of each part's last event when the commit's last is
// at seq.
func (c *commit) last(seq uint64) []uint64 {
	positions := make([]uint64, len(c.parts))
	at := seq - uint64(c.size)
	for i, p := range c.parts {
		at += uint64(len(p.msgs))
		positions[i] = at
	}
	return positions
}

// staleLeader is how long a conflict is doubted that only a leader deposed
// behind its back can have seen: the aggregate was further on already.
const staleLeader = 500 * time.Millisecond

// record sends the commit until it is known what became of it, and returns the
// position of each part's last event. A commit that was recorded is never
// reported as anything else, and none is recorded twice: see resolve.
//
// When a partition heals, a replicated stream can have two leaders for a moment.
// Both are given the commit, and both answer: what the deposed one denies, the
// other may have written. So after a denial no conflict is believed before it is
// known whose event is in the way.
func (s *stream) record(ctx context.Context, c *commit) ([]uint64, error) {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	pause := backoff{max: 250 * time.Millisecond}
	var doubted time.Time          // when a conflict was first doubted
	unknown, doubt := false, false // an earlier attempt may have been written: it was not answered, or denied
	for try := 0; ; try++ {
		if err := s.writable(ctx); err != nil {
			return nil, c.ended(unknown || doubt, err)
		}
		if s.nc.IsConnected() {
			answer := s.groups.attempt(ctx, c)
			if answer.verdict == written {
				return c.last(answer.seq), nil
			}
			unknown = unknown || answer.verdict == maybeWritten
			doubt = doubt || c.doubt || answer.verdict == denied || answer.verdict == conflicting && s.dubious(c, answer)
			if unknown || doubt && answer.verdict != denied {
				seq, err := s.resolve(ctx, c, s.soon(try))
				switch {
				case err == nil:
					return c.last(seq), nil
				case !errors.Is(err, errUnresolved):
					return nil, err
				case answer.verdict == maybeWritten && answer.err != nil:
					return nil, c.ended(true, answer.err)
				}
			}
			if !unknown && (answer.verdict == refused || answer.verdict == conflicting) {
				if doubted.IsZero() {
					doubted = time.Now()
				}
				believe := !s.replicated.Load() || time.Since(doubted) > staleLeader
				if err := s.refusal(ctx, c, answer, doubt, believe); err != nil {
					return nil, err
				}
			}
		}
		if err := pause.pause(ctx, s); err != nil {
			return nil, c.ended(unknown || doubt, err)
		}
	}
}

// refusal returns the error of a commit that was refused or is in conflict; nil
// if that is not to be believed yet.
func (s *stream) refusal(ctx context.Context, c *commit, answer outcome, doubt, believe bool) error {
	if answer.verdict == refused {
		if doubt && !believe {
			return nil
		}
		return answer.err
	}
	err := s.conflict(ctx, c, answer, doubt, believe)
	if _, ok := errors.AsType[*conflictAt](err); err == nil || ok {
		return err
	}
	return c.ended(doubt, err)
}

// dubious reports whether a conflict may come from a leader that was deposed,
// while another has written the commit. An event after the one expected settles
// it, unless it may be the commit's own.
func (s *stream) dubious(c *commit, answer outcome) bool {
	return s.replicated.Load() && (len(c.parts) > 1 || !answer.told || answer.actual < c.parts[0].expected)
}

// ended is the error of a commit that is given up for the reason err.
func (c *commit) ended(unknown bool, err error) error {
	if !unknown {
		return err
	}
	u := &UnknownOutcomeError{CommitID: c.id, Err: err}
	for _, p := range c.parts {
		u.Parts = append(u.Parts, UnknownPart{Aggregate: p.filter, Expected: p.expected, Count: len(p.msgs)})
	}
	return u
}

// conflictAt reports the conflict of one part of a commit.
type conflictAt struct {
	part     int
	conflict *core.ConflictError[uint64]
}

func (e *conflictAt) Error() string { return e.conflict.Error() }
func (e *conflictAt) Unwrap() error { return e.conflict }

// conflict finds the part of a refused commit whose aggregate is at another
// version. It returns nil when there is none, or when what it found is not to
// be believed yet: an older version than expected is what a deposed leader of a
// replicated stream sees, and after a denial a newer one may be the commit's own.
func (s *stream) conflict(ctx context.Context, c *commit, answer outcome, doubt, believe bool) error {
	for i, p := range c.parts {
		at := answer.actual
		if len(c.parts) > 1 || !answer.told {
			var err error
			if at, err = s.lastOf(ctx, p.filter); err != nil {
				return err
			}
		}
		if at > p.expected && !doubt || at < p.expected && believe {
			return &conflictAt{i, &core.ConflictError[uint64]{Expected: version(p.expected), Actual: version(at)}}
		}
	}
	return nil
}

// version is the version that a sequence stands for.
func version(seq uint64) core.Version[uint64] {
	if seq == 0 {
		return core.Version[uint64]{}
	}
	return core.At(seq)
}
