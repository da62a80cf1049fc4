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
meet      two writers load ACC-001, both at version 4
          the first withdraws 20, now at version 7
          the second is refused: it expected version 4, the account is at 7
          the second loads again and withdraws 5, now at version 8
transfer  25 from ACC-001 to ACC-002, in one atomic commit
refuse    by the account: overdrawn by 999875
          by the store: aggregate id "": it is empty
          by the store: no events to commit
history   ACC-001 has 6 events, the last 3 are
            7  account.withdrawn  {Amount:20} by first
            8  account.withdrawn  {Amount:5} by second
            9  account.withdrawn  {Amount:25} by transfer
balance   ACC-001 of Ada has  50 at version 9
balance   ACC-002 of Bob has 125 at version 10
`, first.String())

	require.NoError(t, run(t.Context(), dir, &second))
	for _, line := range []string{
		"go on     ACC-001 of Ada has  50 from the last run, at version 9\n",
		"go on     ACC-002 of Bob has 125 from the last run, at version 10\n",
		"          the second is refused: it expected version 12, the account is at 15\n",
		"balance   ACC-001 of Ada has 100 at version 17\n",
		"balance   ACC-002 of Bob has 250 at version 18\n",
	} {
		require.Contains(t, second.String(), line)
	}
}
