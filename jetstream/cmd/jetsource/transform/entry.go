package transform

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// isLeftOut reports whether an entry of the library names positions of the old log: those of
// reactors, which begin anew, guards, and what names messages that readers passed over, which are
// not copied.
func isLeftOut(kind, aggregate string) bool {
	of, _, _ := strings.Cut(aggregate, ".")
	_, ofReactor := reactor.NameOf(of)
	return ofReactor || of == wire.KindGuard || kind == wire.KindVoid || kind == wire.KindStruck
}

// entry returns an entry of the library; nothing for one that is left out.
func (t *Transformer) entry(m *wire.Message) ([]Message, error) {
	kind, aggregate := wire.Tokens(m.Subject)
	if isLeftOut(kind, aggregate) {
		return nil, nil
	}
	data := m.Data
	if kind == "taken" && strings.HasPrefix(aggregate, "_unique.") {
		var owner map[string]json.RawMessage
		var of string
		if json.Unmarshal(data, &owner) == nil && json.Unmarshal(owner["kind"], &of) == nil {
			if slices.Contains(t.Rules.DropAggregates, of) {
				return nil, nil
			}
			if to, ok := t.Rules.Aggregates[of]; ok {
				owner["kind"], _ = json.Marshal(to) // a string
				data, _ = json.Marshal(owner)
			}
		}
	}
	return []Message{{Subject: t.Prefix + "." + kind + "." + aggregate, Time: timeOf(m), Header: headerOf(m), Data: data, aggregate: aggregate}}, nil
}
