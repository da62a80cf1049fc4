package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/memory"
)

func TestStory(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, `register  create student twin: value is taken: student.email, by student student-1
lookup    s1@example.com is student student-1
rush      30 of 120 got a seat
course    go: 10 of 10 seats taken
course    nats: 10 of 10 seats taken
course    sql: 10 of 10 seats taken
again     a request that was sent twice took one seat
`, out.String())
}

// A student with a seat has joined the course, and none has joined too many.
func TestRushBreaksNoLimit(t *testing.T) {
	s := newSchool(memory.New[string, core.NoMetadata]())
	require.NoError(t, s.tell(t.Context(), &strings.Builder{}))
	joined := make(map[string]int)
	for i := range rush {
		st, _, err := s.students.Load(t.Context(), fmt.Sprint("student-", i))
		require.NoError(t, err)
		require.LessOrEqual(t, len(st.Courses), maxCourses)
		for _, c := range st.Courses {
			joined[c]++
		}
	}
	require.Equal(t, map[string]int{"go": seats, "nats": seats, "sql": seats}, joined)
}
