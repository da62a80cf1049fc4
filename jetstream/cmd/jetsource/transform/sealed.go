package transform

import (
	"fmt"

	"github.com/jetsource/jetsource/jetstream/internal/wire"
)

// SealedKindError reports that an event with a sealed codec was to get another kind: it is bound
// to the one that it has, and could not be read any more.
type SealedKindError struct{ Kind, To string }

func (e *SealedKindError) Error() string {
	return fmt.Sprintf("%s has sealed fields, which are bound to that kind: it cannot be renamed to %s. Leave it in the log as it is, and have the program read it by the EventHistory of %[2]s: core.Renamed(%[1]q, %[2]q), or core.Was", e.Kind, e.To)
}

// CheckKind returns a [SealedKindError] for the message of an event that cannot get the kind that
// the rules give it.
func (t *Transformer) CheckKind(m *wire.Message) error {
	_, _, err := t.event(m)
	return err
}
