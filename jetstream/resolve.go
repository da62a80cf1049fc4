package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/jetsource/jetsource/core"
)

// errUnresolved says that it is not known yet what became of a commit.
var errUnresolved = errors.New("not known yet")

// resolve finds out what became of a commit of which an attempt was not
// answered. The first event after the version that the commit expects decides:
// if it is the commit's own, the commit was recorded; if it is another's, that
// version is used up, so no copy of the commit still on its way can be recorded
// either. While there is none, nothing is known, for a copy may still arrive.
//
// It returns the sequence of the commit's last event, a conflict, or
// errUnresolved.
func (s *stream) resolve(ctx context.Context, c *commit, wait time.Duration) (uint64, error) {
	var seq uint64
	missing := false
	for i, p := range c.parts {
		id, first, err := s.after(ctx, p, wait)
		if err != nil {
			return 0, errUnresolved
		}
		if first == 0 {
			missing = true // but a part behind it may be another's by now
			continue
		}
		if id != c.id {
			actual, err := s.askLeader(ctx, getRequest{LastFor: p.filter}, wait)
			if err != nil || actual == nil {
				return 0, errUnresolved
			}
			return 0, &conflictAt{i, &core.ConflictError[uint64]{Expected: version(p.expected), Actual: version(actual.seq)}}
		}
		seq = first + uint64(len(p.msgs)) - 1
	}
	if missing {
		return 0, errUnresolved
	}
	// A write error inside a batch can leave the beginning of it in sight.
	last, err := s.askLeader(ctx, getRequest{Seq: seq}, wait)
	if err != nil || last == nil {
		return 0, errUnresolved
	}
	l, err := parseLink(last.header.Get(headerCommit))
	if err != nil || l.ID != c.id || l.Offset+l.Index != c.size-1 {
		return 0, errUnresolved
	}
	return seq, nil
}

// after returns the commit id and the sequence of the first event of the part's
// aggregate after the version it expects, as the leader has it; 0 if there is
// none.
func (s *stream) after(ctx context.Context, p *part, wait time.Duration) (id string, first uint64, err error) {
	last, err := s.askLeader(ctx, getRequest{LastFor: p.filter}, wait)
	if err != nil || last == nil || last.seq <= p.expected {
		return "", 0, err
	}
	// Finding the next message on a wildcard is slow in a long stream, finding
	// the last is not, and mostly it is of the commit that was looked for.
	if l, err := parseLink(last.header.Get(headerCommit)); err == nil && l.previous == p.expected {
		return l.ID, last.seq - uint64(l.Index), nil
	}
	next, err := s.askLeader(ctx, getRequest{Seq: p.expected + 1, NextFor: p.filter}, wait)
	if err != nil || next == nil {
		return "", 0, err
	}
	// What has no link of ours is another program's, and its id is empty.
	l, _ := parseLink(next.header.Get(headerCommit))
	return l.ID, next.seq, nil
}
