package cluster_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/cluster"
)

// parentDir is the environment variable that makes this program start a cluster
// on a directory and wait to be killed.
const parentDir = "JETSOURCE_FAULTS_PARENT"

func init() {
	dir := os.Getenv(parentDir)
	if dir == "" {
		return
	}
	// The servers run this program too.
	if err := os.Unsetenv(parentDir); err != nil {
		panic(err)
	}
	c, err := cluster.Start(cluster.Config{Dir: dir})
	if err == nil {
		err = c.Nodes[0].Pause()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, n := range c.Nodes {
		fmt.Println(n.PID())
	}
	select {}
}

func TestServersDieWithTheirParent(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), parentDir+"="+t.TempDir())
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var pids []string
	for lines := bufio.NewScanner(out); len(pids) < cluster.Size && lines.Scan(); {
		pids = append(pids, lines.Text())
	}
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.Len(t, pids, cluster.Size)
	for _, pid := range pids {
		eventually(t, func() bool {
			stat, err := os.ReadFile("/proc/" + pid + "/stat")
			return err != nil || strings.Contains(string(stat), ") Z ")
		}, "server "+pid+" has ended; the first one was paused")
	}
}
