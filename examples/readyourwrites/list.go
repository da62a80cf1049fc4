package main

import (
	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
)

// The application fixes the type parameters of the library here, once.
type (
	Version          = core.Version[uint64]
	Tasks            = core.Repository[Task, string, uint64, core.NoMetadata]
	LiveList         = projection.Live[List, string, uint64, core.NoMetadata]
	of[E core.Event] = core.Recorded[E, string, uint64, core.NoMetadata]
)

// List counts the tasks there are. It does not ask for comments.
type List struct{ Open, Done int }

var list = projection.Define("list",
	projection.On(func(l *List, _ of[TaskAdded]) { l.Open++ }),
	projection.On(func(l *List, _ of[TaskDone]) { l.Open--; l.Done++ }),
)
