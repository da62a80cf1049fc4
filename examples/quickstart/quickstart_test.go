package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheSecondRunGoesOnWithTheFirst(t *testing.T) {
	dir := t.TempDir()
	var first, second strings.Builder
	require.NoError(t, run(t.Context(), dir, &first))
	require.Equal(t, `open      ACC-001 for Ada, now at version 1
open      ACC-002 for Bob, now at version 2
deposit   70 and 30 to ACC-001, now at version 4
deposit   70 and 30 to ACC-002, now at version 6
meet      two tellers load ACC-001, both at version 4, and the first withdraws 20
          the second is refused: it expected version 4, the account is at 7
          with a retry it decides again on what is true now, and withdraws 5: version 9
transfer  25 from ACC-001 to ACC-002, in one atomic commit
refuse    by the account: overdrawn by 999875
          by the repository: create account : aggregate id "": it is empty
          by the repository: update account ACC-003: aggregate not found
history   account ACC-001 has 7 events, the last 3 are
            8  account.withdrawn  {"Amount":20} by first
            9  account.withdrawn  {"Amount":5} by second
           10  account.withdrawn  {"Amount":25} by transfer
balance   ACC-001 of Ada has  30
balance   ACC-002 of Bob has 125
`, first.String())

	require.NoError(t, run(t.Context(), dir, &second))
	for _, line := range []string{
		"go on     ACC-001 of Ada has  30 from the last run, at version 10\n",
		"go on     ACC-002 of Bob has 125 from the last run, at version 11\n",
		"          the second is refused: it expected version 13, the account is at 16\n",
		"balance   ACC-001 of Ada has  60\n",
		"balance   ACC-002 of Bob has 250\n",
	} {
		require.Contains(t, second.String(), line)
	}
}
