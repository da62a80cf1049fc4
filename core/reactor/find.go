package reactor

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/internal/fold"
)

// Find returns a worker of a reactor that has run on the store, for a program that does not have
// its handlers: with the number of partitions and the kinds of events that are recorded. It
// steers, and tells how the reactor does; its Run and Replay return [ErrNoHandlers]. With the
// leases of the reactor's workers, [Worker.Status] knows more. A name that no reactor has run
// under is [ErrUnknown].
func Find[ID, Pos comparable, M any](ctx context.Context, store core.SystemStore[ID, Pos, M], name string) (*Worker[ID, Pos, M], error) {
	if err := fold.CheckKind(name); err != nil {
		return nil, fmt.Errorf("reactor %.64q: %w", name, err)
	}
	r := &Reactor[ID, Pos, M]{name: name, recorded: []string{}}
	w := NewWorker(store, r)
	w.settings.holdBack = true // its workers may hold events back, and are told
	l, at, err := w.loadLayout(ctx)
	if err == nil && at.IsZero() {
		err = fmt.Errorf("reactor %s: %w", name, ErrUnknown)
	}
	if err != nil {
		return nil, err
	}
	r.partitions = l.Partitions
	if r.recorded = l.Kinds; l.Kinds == nil {
		r.recorded = []string{""} // not recorded: of any kind
	}
	return w, nil
}

// kindPrefix begins the kind of the system entries of a reactor.
const kindPrefix = "_reactor-"

// NameOf returns the name of the reactor whose system entries have a kind; false if that is the
// kind of no reactor's. A reactor that has run has an entry of the name "layout".
func NameOf(entryKind string) (name string, ok bool) {
	text, ok := strings.CutPrefix(entryKind, kindPrefix)
	if !ok || text == "" {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '_' {
			if len(text) < i+3 {
				return "", false
			}
			code, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
			if err != nil {
				return "", false
			}
			c = byte(code)
			i += 2
		}
		b.WriteByte(c)
	}
	return b.String(), entryKind == kindPrefix+plain(b.String())
}
