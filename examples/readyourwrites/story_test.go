package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestStory(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	took := regexp.MustCompile(`all the same: [0-9.]+[mµ]?s\n`)
	require.Equal(t, `write     the task milk is added, at version 1
too soon  the reader shows 0 open, 0 done; it lags 1 event behind
write     the task bread is added; the answer says Set-Cookie: seen=2
read      the reader waits for version 2; the reader shows 2 open, 0 done
write     the task milk is done; the answer says {"task":"milk","version":3}
read      the reader waits for version 3; the reader shows 1 open, 1 done
filtered  a comment at version 4, which the list leaves out
          the reader waits for version 4 all the same: a moment
several   three tasks are added, at versions [5 6 7]
read      the reader waits for them; the reader shows 4 open, 1 done; it lags 0 events behind
bounded   nobody has written version 1000: the reader gives up, and answers with what it has
refuse    version "yesterday": invalid character 'y' looking for beginning of value
`, took.ReplaceAllString(out.String(), "all the same: a moment\n"))
}
