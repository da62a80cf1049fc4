package core_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An application that uses another store must not pay for this module's.
func TestCoreImportsTheStandardLibraryOnly(t *testing.T) {
	const module = "github.com/jetsource/jetsource/core"
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./...")
	output, err := list.CombinedOutput()
	require.NoError(t, err, "%s", output)
	imports := strings.Fields(string(output))
	require.Contains(t, imports, module)
	for _, path := range imports {
		require.True(t, path == module || strings.HasPrefix(path, module+"/"), "core depends on %s", path)
	}
}
