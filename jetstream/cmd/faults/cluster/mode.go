package cluster

import "time"

// Mode is how a proxy treats its connections.
type Mode int

// The modes of a proxy.
const (
	Pass      Mode = iota // bytes are copied
	Blackhole             // connections stay open and new ones are accepted, but no byte is copied
	Cut                   // connections are closed, and new ones at once
	Delay                 // each piece of bytes is copied 20 ms late
)

// delay is how long [Delay] holds each piece back.
const delay = 20 * time.Millisecond

// String returns the name of the mode.
func (m Mode) String() string { return [...]string{"pass", "blackhole", "cut", "delay"}[m] }
