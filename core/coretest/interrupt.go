package coretest

import (
	"sync"

	"github.com/jetsource/jetsource/core"
)

// Interrupt returns a command that decides as cmd does, and is interrupted by a
// rival the first time: rival runs after the aggregate was loaded and before the
// decision is recorded. What it commits to the aggregate is a conflict for cmd.
func Interrupt[A any](cmd core.Command[A], rival func()) core.Command[A] {
	var once sync.Once
	return core.CommandFunc[A](func(state A) ([]core.Event, error) {
		once.Do(rival)
		return cmd.Handle(state)
	})
}
