package coretest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/jetsource/jetsource/core"
)

// Outcome is what a command answered. Each of its checks returns the scenario
// that the answer leads to, for the next When.
type Outcome[A any] struct {
	scenario, next *Scenario[A]
	command        core.Command[A]
	events         []core.Event
	err            error
}

// Then checks that the command emitted these events and no others, in order.
// Values are compared deeply, and by their method Equal where they have one.
func (o *Outcome[A]) Then(want ...core.Event) *Scenario[A] {
	o.scenario.t.Helper()
	if o.err != nil {
		o.fail("refused: %v", o.err)
	}
	var diffs []string
	for i := range max(len(o.events), len(want)) {
		switch {
		case i >= len(want):
			diffs = append(diffs, fmt.Sprintf("event %d: got %s, want no more", i, describe(o.events[i])))
		case i >= len(o.events):
			diffs = append(diffs, fmt.Sprintf("event %d: got none, want %s", i, describe(want[i])))
		default:
			diffs = append(diffs, diffEvent(i, o.events[i], want[i])...)
		}
	}
	if len(diffs) > 0 {
		o.fail("emitted other events than wanted%s", list(diffs))
	}
	return o.next
}

// ThenNothing checks that the command had nothing to do: it emitted no events,
// and did not refuse.
func (o *Outcome[A]) ThenNothing() *Scenario[A] {
	o.scenario.t.Helper()
	return o.Then()
}

// ThenRefused checks that the command refused, with an error that matches want
// by [errors.Is].
func (o *Outcome[A]) ThenRefused(want error) *Scenario[A] {
	o.scenario.t.Helper()
	o.mustRefuse()
	if !errors.Is(o.err, want) {
		o.fail("refused for another reason%s", list([]string{"got  " + o.err.Error(), fmt.Sprintf("want %v", want)}))
	}
	return o.next
}

// ThenRefusedWith checks that the command refused, with an error whose text
// contains text.
func (o *Outcome[A]) ThenRefusedWith(text string) *Scenario[A] {
	o.scenario.t.Helper()
	o.mustRefuse()
	if !strings.Contains(o.err.Error(), text) {
		o.fail("refused for another reason%s", list([]string{"got  " + o.err.Error(), "want " + text}))
	}
	return o.next
}

// ThenCheck lets check look at what the command answered, for whatever the other
// checks cannot say.
func (o *Outcome[A]) ThenCheck(check func(events []core.Event, err error)) *Scenario[A] {
	o.scenario.t.Helper()
	check(o.events, o.err)
	return o.next
}

func (o *Outcome[A]) mustRefuse() {
	o.scenario.t.Helper()
	if o.err != nil {
		return
	}
	var emitted []string
	for i, e := range o.events {
		emitted = append(emitted, fmt.Sprintf("event %d: %s", i, describe(e)))
	}
	o.fail("was not refused, and emitted %d events%s", len(o.events), list(emitted))
}

func (o *Outcome[A]) fail(format string, args ...any) {
	o.scenario.t.Helper()
	o.scenario.t.Fatalf("when %T: %s", o.command, fmt.Sprintf(format, args...))
}

// diffEvent returns how two events differ, a line for each field.
func diffEvent(i int, got, want core.Event) []string {
	a, b := content(got), content(want)
	if !b.IsValid() || a.Type() != b.Type() {
		return []string{fmt.Sprintf("event %d: got %s, want %s", i, describe(got), describe(want))}
	}
	diffs := diff(a, b)
	if len(diffs) == 0 {
		return nil
	}
	for n := range diffs {
		diffs[n] = "    " + diffs[n]
	}
	return append([]string{fmt.Sprintf("event %d: %s", i, got.EventKind())}, diffs...)
}

func describe(e core.Event) string {
	if e == nil {
		return "nil"
	}
	return e.EventKind() + " " + show(content(e))
}

// content is the struct of an event, which may be given by its address.
func content(e core.Event) reflect.Value { return reflect.Indirect(reflect.ValueOf(e)) }
