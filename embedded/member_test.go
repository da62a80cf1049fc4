package embedded

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMemberWhosePortIsTakenFailsAtOnce(t *testing.T) {
	cfg := Config{LazySync: true}
	require.NoError(t, cfg.check())
	members, err := newMembers(2, cfg, t.TempDir())
	require.NoError(t, err)
	taken, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", members[1].port))
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()

	start := time.Now()
	_, err = members[1].start()
	require.ErrorContains(t, err, "start embedded-1")
	require.ErrorContains(t, err, "listening on router port")
	require.Less(t, time.Since(start), readyTimeout/2)
	goleak.VerifyNone(t)
}
