package main

import (
	"time"
)

// progress shows how far long work is, on a terminal only.
type progress struct {
	p     *program
	what  string
	total uint64
	shown time.Time
	on    bool
}

func (p *program) progress(what string, total uint64) *progress {
	return &progress{p: p, what: what, total: total, shown: time.Now(), on: isTerminal(p.err)}
}

func (g *progress) at(n uint64) {
	if !g.on || n%512 != 0 || time.Since(g.shown) < 200*time.Millisecond {
		return
	}
	g.shown = time.Now()
	say(g.p.err, "\r%s %d of %d (%d %%)", g.what, n, g.total, 100*n/max(g.total, 1))
}

// end clears the line.
func (g *progress) end() {
	if g.on {
		say(g.p.err, "\r\033[K")
		g.on = false
	}
}
