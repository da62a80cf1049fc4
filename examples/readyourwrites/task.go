package main

import "github.com/jetsource/jetsource/core"

// The events of a task.
type (
	TaskAdded     struct{ Title string }
	TaskDone      struct{}
	TaskCommented struct{ Text string }
)

// EventKind names the event.
func (TaskAdded) EventKind() string { return "task.added" }

// EventKind names the event.
func (TaskDone) EventKind() string { return "task.done" }

// EventKind names the event.
func (TaskCommented) EventKind() string { return "task.commented" }

// Task is the state that decisions are made on.
type Task struct{ Done bool }

var task = core.DefineAggregate("task",
	core.On(func(*Task, TaskAdded) {}),
	core.On(func(t *Task, _ TaskDone) { t.Done = true }),
	core.On(func(*Task, TaskCommented) {}),
)

// The commands.
type (
	Add     struct{ Title string }
	Finish  struct{}
	Comment struct{ Text string }
)

// Handle adds the task.
func (c Add) Handle(Task) ([]core.Event, error) { return []core.Event{TaskAdded(c)}, nil }

// Handle marks the task as done. To do that again is nothing to do.
func (Finish) Handle(t Task) ([]core.Event, error) {
	if t.Done {
		return nil, nil
	}
	return []core.Event{TaskDone{}}, nil
}

// Handle records what was said about the task.
func (c Comment) Handle(Task) ([]core.Event, error) { return []core.Event{TaskCommented(c)}, nil }
