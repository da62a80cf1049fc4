package coretest

import (
	"sync"

	"github.com/jetsource/jetsource/core"
)

// Interrupt returns a command that decides as cmd does. The first time, it calls
// rival before it decides: after the aggregate was loaded and before the events are
// committed. If rival commits to the aggregate, the commit of cmd is a conflict.
func Interrupt[A any](cmd core.Command[A], rival func()) core.Command[A] {
	var once sync.Once
	return core.CommandFunc[A](func(state A) ([]core.Event, error) {
		once.Do(rival)
		return cmd.Handle(state)
	})
}
