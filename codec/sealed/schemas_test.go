package sealed_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core"
)

// formerCustomer is the state of a program that knew no tags yet: what it has of a customer is
// in clear text in its snapshots.
type formerCustomer struct{ Who, Mail string }

func formerly(schema int) *core.Aggregate[formerCustomer] {
	return core.DefineAggregate("customer",
		core.On(func(c *formerCustomer, e registered) { c.Who, c.Mail = e.Customer, e.Email }),
		core.On(func(*formerCustomer, moved) {}),
		core.On(func(*formerCustomer, told) {}),
	).WithSchema(schema)
}

// Snapshots of former programs, of other schemas and layouts than that of the program which
// forgets, are dropped too.
func TestSnapshotsOfFormerSchemasAreDropped(t *testing.T) {
	w := onJetStream(t)
	w.fill(t)
	_, err := w.customers.Create(t.Context(), "C-3", record(registered{"C-3", "secret-C-3@example.com", "x", ""}))
	require.NoError(t, err)
	for _, schema := range []int{7, 11} {
		former := core.NewRepository(w.store, formerly(schema)).WithSnapshots(w.snapshots)
		for _, id := range []string{"C-1", "C-3"} {
			_, err := former.Update(t.Context(), id, core.CommandFunc[formerCustomer](func(formerCustomer) ([]core.Event, error) {
				return []core.Event{moved{"IT"}}, nil
			}))
			require.NoError(t, err)
		}
	}
	messages := func(texts [][]byte) (found []string) {
		for _, place := range where(t, texts) {
			if strings.HasPrefix(place, "message ") { // a purge leaves a file as it is for a while
				found = append(found, place)
			}
		}
		return found
	}
	ofOne, ofThree := forms("secret-C-1@example.com"), forms("secret-C-3@example.com")
	require.NotEmpty(t, messages(ofOne), "the control: it is in clear text in a bucket")
	before := len(messages(ofThree))
	w.forget(t)
	require.Empty(t, messages(ofOne))
	require.Len(t, messages(ofThree), before, "those of others stay")
}
