//go:build unix

package microservices_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// bin is where the programs of the example are, once they are built.
var bin string

func TestMain(m *testing.M) {
	var err error
	if bin, err = os.MkdirTemp("", "microservices"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := os.RemoveAll(bin); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}))
}

var build = sync.OnceValue(func() error {
	for _, args := range [][]string{
		{"build", "-o", bin + "/", "./certs", "./setup", "./orders", "./shipping"},
		{"build", "-o", filepath.Join(bin, "nats-server"), "github.com/nats-io/nats-server/v2"},
	} {
		if raceEnabled { // as all that the tests are made of, so that nothing is compiled twice
			args = slices.Insert(args, 1, "-race")
		}
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("go %q: %w\n%s", args, err, out)
		}
	}
	return nil
})

// program returns the path of a program.
func program(t *testing.T, name string) string {
	t.Helper()
	require.NoError(t, build())
	return filepath.Join(bin, name)
}

// certificates returns a directory in which certs was run.
func certificates(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(program(t, "certs"))
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}
