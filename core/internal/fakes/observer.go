package fakes

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jetsource/jetsource/core"
)

// Observed is what an observer was told, a line for each call of a hook and, for what
// takes time, a line for its end.
type Observed struct {
	mu    sync.Mutex // guards the field below
	lines []string
}

// Lines returns the lines that begin with one of some prefixes.
func (o *Observed) Lines(prefixes ...string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []string
	for _, line := range o.lines {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(line, p) }) {
			all = append(all, line)
		}
	}
	return all
}

func (o *Observed) add(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines = append(o.lines, fmt.Sprintf(format, args...))
}

// insideKey holds the names of what goes on, outermost first.
type insideKey struct{}

func (o *Observed) begin(ctx context.Context, name string) (context.Context, string) {
	outer, _ := ctx.Value(insideKey{}).(string)
	inside := strings.TrimPrefix(outer+">"+name, ">")
	return context.WithValue(ctx, insideKey{}, inside), inside
}

// Observer returns the observer that writes the lines. Each names what it is inside of:
// "command>commit …".
func (o *Observed) Observer() *core.Observer {
	return &core.Observer{
		Command: func(ctx context.Context, c core.CommandInfo) (context.Context, func(error)) {
			ctx, in := o.begin(ctx, "command")
			o.add("%s %s %s %s %s", in, c.Verb, c.Aggregate, c.ID, c.Command)
			return ctx, func(err error) { o.add("%s ended: %v", in, err) }
		},
		Load: func(ctx context.Context, l core.LoadInfo) (context.Context, func(core.LoadEnd)) {
			ctx, in := o.begin(ctx, "load")
			o.add("%s %s %s", in, l.Aggregate, l.ID)
			return ctx, func(e core.LoadEnd) { o.add("%s ended: %d from %q, %v", in, e.Events, e.From, e.Err) }
		},
		Commit: func(ctx context.Context, c core.CommitSummary) (context.Context, func(error)) {
			ctx, in := o.begin(ctx, "commit")
			o.add("%s of %d %v to %v", in, c.Events, c.Kinds, c.Targets)
			return ctx, func(err error) { o.add("%s ended: %v", in, err) }
		},
		Snapshot: func(ctx context.Context, s core.SnapshotInfo) (context.Context, func(core.SnapshotEnd)) {
			ctx, in := o.begin(ctx, "snapshot")
			return ctx, func(e core.SnapshotEnd) { o.add("%s %s %s %s: %v %v", in, s.Verb, s.Role, s.Kind, e.Done, e.Err) }
		},
		Fold: func(_ context.Context, f core.Fold) {
			o.add("fold %s %s of %v at %v: %v", f.Projection, f.Event.Kind, f.Event.Key, f.Event.Position, f.Err)
		},
		React: func(ctx context.Context, r core.ReactionInfo) (context.Context, func(error)) {
			ctx, in := o.begin(ctx, "react")
			o.add("%s %s %s of %v, attempt %d", in, r.Reactor, r.Event.Kind, r.Event.Key, r.Attempt)
			return ctx, func(err error) { o.add("%s ended: %v", in, err) }
		},
		Apply: func(ctx context.Context, a core.ApplyInfo) (context.Context, func(core.ApplyEnd)) {
			ctx, in := o.begin(ctx, "apply")
			return ctx, func(e core.ApplyEnd) { o.add("%s %s: %d of %d, %v", in, a.Model, e.Events, len(a.Events), e.Err) }
		},
		Fault: func(_ context.Context, f core.Fault) {
			o.add("fault of %s %s, %s: %v", f.Runner, f.Name, f.Next, f.Err)
		},
	}
}
