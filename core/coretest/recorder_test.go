package coretest_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorder is a test that may fail without failing the one it is in. It finds
// the line of a failure as package testing does: the first frame of a function
// that did not call Helper.
type recorder struct {
	testing.TB
	helpers map[string]bool
	failure string
	line    string
}

func (r *recorder) Helper() {
	pc, _, _, _ := runtime.Caller(1)
	r.helpers[runtime.FuncForPC(pc).Name()] = true
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	pcs := make([]uintptr, 20)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		frame, more := frames.Next()
		if !r.helpers[frame.Function] {
			r.line = frame.File[strings.LastIndex(frame.File, "/")+1:] + ":" + fmt.Sprint(frame.Line)
			break
		}
		if !more {
			break
		}
	}
	runtime.Goexit()
}

// failure returns how test fails, which it must, and where.
func failure(t *testing.T, test func(t testing.TB)) (text, line string) {
	t.Helper()
	r := &recorder{TB: t, helpers: make(map[string]bool)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(r)
	}()
	<-done
	require.NotEmpty(t, r.failure, "the kit has not failed the test")
	return r.failure, r.line
}

// here is the line that it is called from, plus some.
func here(after int) string {
	_, file, line, _ := runtime.Caller(1)
	return file[strings.LastIndex(file, "/")+1:] + ":" + fmt.Sprint(line+after)
}
