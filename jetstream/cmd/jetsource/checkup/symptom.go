// Package checkup looks at everything around a log: its stream's settings, limits, replicas,
// the clock, the server and the rights of the user. It does not read the log.
package checkup

import (
	"context"

	"github.com/jetsource/jetsource/jetstream/cmd/jetsource/rawlog"
)

// Symptom is one thing that was looked at.
type Symptom struct {
	What   string `json:"what"`
	State  string `json:"state"` // one of the constants
	Text   string `json:"text"`
	Advice string `json:"advice,omitempty"`
}

// The states of a symptom.
const (
	OK      = "ok"
	Warning = "warning"
	Wrong   = "wrong"
)

// Check looks at everything but the user: see [Rights].
func Check(ctx context.Context, l *rawlog.Log) (all []Symptom) {
	for _, look := range []func(context.Context, *rawlog.Log) []Symptom{
		checkServer, checkSettings, checkState, checkReplicas, checkLimits, checkClock,
	} {
		all = append(all, look(ctx, l)...)
	}
	return all
}
