package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core/coretest"
)

func TestIncrementAddsToWhatItSees(t *testing.T) {
	coretest.Given(t, counter).
		When(Increment{}).
		Then(Incremented{To: 1}).
		When(Increment{}).
		Then(Incremented{To: 2}).
		ThenState(Counter{Value: 2})
}

func TestStory(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	require.True(t, strings.HasPrefix(out.String(), `create   a counter, at version 1
meet     two writers load version 1
first    commits, now at version 2
second   is refused: update counter door: version conflict: expected 1, aggregate is at 2
         it expected version 1, the counter is at 2
meet     two writers load version 2, the second with retries
first    commits, now at version 3
second   commits, now at version 4, after 2 attempts
sum      4: four increments, none lost
crowd    8 writers increment a counter 10 times each, at once
sum      80, after `), out.String())
}
