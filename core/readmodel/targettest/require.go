package targettest

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"testing"
)

// require ends a rule that does not hold. Core depends on the standard library only.
var require requirements

type requirements struct{}

func (requirements) check(t testing.TB, ok bool, why []any, format string, args ...any) {
	t.Helper()
	if !ok {
		t.Fatal(append([]any{fmt.Sprintf(format, args...)}, why...)...)
	}
}

func (r requirements) NoError(t testing.TB, err error, why ...any) {
	t.Helper()
	r.check(t, err == nil, why, "error: %v", err)
}

func (r requirements) Error(t testing.TB, err error, why ...any) {
	t.Helper()
	r.check(t, err != nil, why, "no error")
}

func (r requirements) ErrorIs(t testing.TB, err, target error, why ...any) {
	t.Helper()
	r.check(t, errors.Is(err, target), why, "error %v, not %v", err, target)
}

func (r requirements) Equal(t testing.TB, want, got any, why ...any) {
	t.Helper()
	r.check(t, reflect.DeepEqual(want, got), why, "got %+v, want %+v", got, want)
}

func (r requirements) True(t testing.TB, is bool, why ...any) {
	t.Helper()
	r.check(t, is, why, "is false")
}

func (r requirements) False(t testing.TB, is bool, why ...any) {
	t.Helper()
	r.check(t, !is, why, "is true")
}

// requireGreater is for numbers.
func requireGreater[N cmp.Ordered](t testing.TB, a, b N, why ...any) {
	t.Helper()
	require.check(t, a > b, why, "%v is not greater than %v", a, b)
}
