package jetstream

import (
	"context"
	"slices"
	"time"
)

// settle tells the members of a flight what its outcome means for each of them.
// At has the versions of their parts, if the flight was refused on account of
// one; nil if they are not known. Lock should be held.
func (g *groups) settle(f *flight, out outcome, at []uint64) {
	if g.s.replicated.Load() && out.verdict != written {
		// Another leader may have written what this one denied.
		for _, m := range f.members {
			if !m.gone {
				m.doubt = true
			}
		}
	}
	switch out.verdict {
	case written:
		last := out.seq - uint64(f.size)
		for _, m := range f.members {
			last += uint64(m.size)
			m.out <- outcome{verdict: written, seq: last}
		}
	case conflicting:
		var rest []*member
		for _, m := range f.members {
			own := at[:min(len(at), len(m.parts))]
			at = at[len(own):]
			if left := leftAt(m, own); left.verdict == conflicting {
				g.rivals.add(m.commit, time.Now())
				m.out <- left
			} else {
				rest = append(rest, m)
			}
		}
		g.retry(rest, len(f.members))
	case refused:
		// It may be for one member's sake.
		g.retry(f.members, len(f.members))
	default:
		for i, m := range f.members {
			if out.inFlight {
				m.share = max(1, len(f.members)/2)
			}
			own := outcome{verdict: out.verdict}
			if i == len(f.members)-1 {
				own.err = out.err // there is one only if its message, the last, was not taken
			}
			m.out <- own
		}
	}
}

// leftAt is the outcome of a member one of whose aggregates is at another
// version than expected; notWritten if none is.
func leftAt(m *member, at []uint64) outcome {
	for i, p := range m.parts {
		if i < len(at) && at[i] != p.expected {
			return outcome{verdict: conflicting, actual: at[i], told: true}
		}
	}
	return outcome{verdict: notWritten}
}

// retry puts those whose flight of a number was refused at the head of the
// queue. If none of them was at fault to anyone's knowledge, they go in smaller
// groups, in the end each by itself. Lock should be held.
func (g *groups) retry(members []*member, of int) {
	var again []*member
	for _, m := range members {
		if len(members) == of {
			m.share = max(1, of/2)
		}
		if !m.gone {
			again = append(again, m)
		}
	}
	g.queue = append(again, g.queue...)
}

// learn draws conclusions from the outcome of a commit: its aggregates have
// rivals, or others who wait for them come too late. Lock should be held.
func (g *groups) learn(c *commit, out outcome) {
	if out.verdict == conflicting || out.inFlight {
		g.rivals.add(c, time.Now())
	}
	if len(g.queue) == 0 {
		return
	}
	switch {
	case out.verdict == written:
		at := make(map[string]uint64, len(c.parts))
		for i, seq := range c.last(out.seq) {
			at[c.parts[i].filter] = seq
		}
		g.refuse(at)
	case out.told && len(c.parts) == 1:
		g.refuse(map[string]uint64{c.parts[0].filter: out.actual})
	}
}

// refuse tells those who wait that their aggregates have gone on to these
// versions. Lock should be held.
func (g *groups) refuse(at map[string]uint64) {
	waiting := g.queue
	g.queue = nil
	for _, m := range waiting {
		i := slices.IndexFunc(m.parts, func(p *part) bool { return at[p.filter] > p.expected })
		if i < 0 {
			g.queue = append(g.queue, m)
			continue
		}
		m.out <- outcome{verdict: conflicting, actual: at[m.parts[i].filter], told: true}
	}
}

// versions returns the versions that the aggregates of parts are at, as the
// leader has them; nil if it could not be asked.
func (s *stream) versions(ctx context.Context, parts []*part) []uint64 {
	asked := make([]*answers, 0, len(parts))
	defer func() {
		for _, a := range asked {
			a.close()
		}
	}()
	for _, p := range parts {
		a, err := s.send(s.leaderGet, getRequest{LastFor: p.filter})
		if err != nil {
			return nil
		}
		asked = append(asked, a)
	}
	at := make([]uint64, len(parts))
	for i, a := range asked {
		m, err := s.fromAnswer(ctx, a, s.soon(0))
		if err != nil {
			return nil
		}
		if m != nil {
			at[i] = m.seq
		}
	}
	return at
}
