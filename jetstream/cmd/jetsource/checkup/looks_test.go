package checkup

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

func TestReplicaThatIsBehindForAMomentIsNotWrong(t *testing.T) {
	for _, c := range []struct {
		replica jetstream.PeerInfo
		state   string
	}{
		{jetstream.PeerInfo{Current: true, Active: time.Second}, OK},
		{jetstream.PeerInfo{Active: time.Millisecond, Lag: 3}, Warning},
		{jetstream.PeerInfo{Lag: mostLag + 1}, Wrong},
		{jetstream.PeerInfo{Current: true, Active: mostSilent + 1}, Wrong},
		{jetstream.PeerInfo{Offline: true}, Wrong},
	} {
		s := checkReplica(&c.replica)
		require.Equal(t, c.state, s.State, "%+v", c.replica)
		require.Equal(t, s.State == OK, s.Advice == "")
	}
}
