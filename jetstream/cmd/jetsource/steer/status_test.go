package steer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/core/reactor"
)

func TestStateOfAReactor(t *testing.T) {
	crew := func(silent float64, workers ...Worker) Crew { return Crew{Workers: workers, Silent: &silent} }
	fault := []reactor.Fault[uint64]{{Position: 7}}
	ada := Worker{Name: "ada", Partitions: []int{0}}
	for _, test := range []struct {
		want   string
		paused bool
		one    Reactor
	}{
		{Running, false, Reactor{Crew: crew(0.5, ada)}},
		{Failing, false, Reactor{Crew: crew(0.5, ada), Faults: fault}},
		{Stopped, false, Reactor{Crew: crew(0.5)}},
		{Stopped, false, Reactor{Crew: crew(600, ada), Faults: fault}}, // it died
		{Unknown, false, Reactor{Crew: Crew{}}},
		{Paused, true, Reactor{Crew: Crew{}}},
		{Paused, true, Reactor{Crew: crew(0.5, ada), Faults: fault}},
	} {
		require.Equal(t, test.want, test.one.state(test.paused), "%+v", test.one)
	}
}

func TestReasonIsWhatIsRecordedOfTheError(t *testing.T) {
	require.Equal(t, "closed (*net.OpError)", Why("*net.OpError", "closed"))
	require.Equal(t, "*net.OpError (its text is in the worker's log)", Why("*net.OpError", ""))
	require.Equal(t, "held back", Why("", "held back"))
}
