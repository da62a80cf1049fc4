package core

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// PanicError reports that a function of the program panicked while it handled an
// event. It comes inside the error that names the event: a [DecodeError] of a load
// or a projection, a ReactionError of a reactor.
//
// Faults that end a Go program, such as concurrent writes to a map, are no panics.
type PanicError struct {
	// Value is the value of the panic.
	Value any
	// Stack is the stack of the goroutine at the panic, as [debug.Stack] formats it.
	Stack []byte
}

// maxPanicText is how many bytes of a panic's value an error message has.
const maxPanicText = 200

// Error returns the first line of the value, shortened. It does not have the stack.
func (e *PanicError) Error() string {
	text, _, _ := strings.Cut(fmt.Sprint(e.Value), "\n")
	if len(text) > maxPanicText {
		text = strings.ToValidUTF8(text[:maxPanicText], "") + "..."
	}
	return "panic: " + text
}

// Unwrap returns the value of the panic if it is an error, and nil otherwise.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// recoverPanic is to be deferred. It ends a panic and sets err to its [PanicError];
// [runtime.Goexit] goes on.
func recoverPanic(err *error) {
	if value := recover(); value != nil {
		*err = &PanicError{Value: value, Stack: debug.Stack()}
	}
}
