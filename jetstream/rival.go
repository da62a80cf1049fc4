package jetstream

import "time"

// rivals remembers the aggregates that others write to at the same time. A
// commit to one of them is likely to be refused, and a group with it.
type rivals struct {
	until map[string]time.Time // by filter
	last  time.Time            // the latest of these
}

const (
	rivalry   = time.Second // how long an aggregate is remembered
	maxRivals = 1024
)

// add takes note of a commit that was refused on account of another.
func (r *rivals) add(c *commit, now time.Time) {
	if r.until == nil {
		r.until = make(map[string]time.Time)
	}
	for f := range r.until {
		if len(r.until) < maxRivals {
			break
		}
		delete(r.until, f)
	}
	r.last = now.Add(rivalry)
	for _, p := range c.parts {
		r.until[p.filter] = r.last
	}
}

// have reports whether a commit is to an aggregate that has rivals.
func (r *rivals) have(c *commit, now time.Time) bool {
	if len(r.until) == 0 {
		return false
	}
	for _, p := range c.parts {
		until, ok := r.until[p.filter]
		if ok && until.After(now) {
			return true
		}
		delete(r.until, p.filter)
	}
	return false
}

// none reports whether no aggregate has rivals.
func (r *rivals) none(now time.Time) bool {
	if len(r.until) > 0 && now.After(r.last) {
		clear(r.until)
	}
	return len(r.until) == 0
}
