package core

import (
	"errors"
	"reflect"
)

// ErrSnapshotLayout is matched by the error of a snapshot whose state had another
// layout: names, types or nesting of its fields. The events are replayed.
var ErrSnapshotLayout = errors.New("snapshot is of another layout of the state")

// CheckSnapshotLayout returns [ErrSnapshotLayout] if a state that was stored under a
// layout must not be decoded into state, a pointer. It is for authors of a
// [SnapshotStore]; layout returns that of a type as their encoding sees it.
func CheckSnapshotLayout(stored string, state any, layout func(reflect.Type) string) error {
	t := reflect.TypeOf(state)
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() == reflect.Interface || stored == layout(t.Elem()) {
		return nil
	}
	return ErrSnapshotLayout
}
