package handlers

import (
	"runtime/debug"

	"github.com/jetsource/jetsource/core"
)

// Recover is to be deferred. It ends a panic and sets err to its
// [core.PanicError]; [runtime.Goexit] goes on.
func Recover(err *error) {
	if value := recover(); value != nil {
		*err = &core.PanicError{Value: value, Stack: debug.Stack()}
	}
}
