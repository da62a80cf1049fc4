package jetstream_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Imports go one way: the face to reader and writer, these to conn, and conn to
// proxy.
func TestImportsGoOneWay(t *testing.T) {
	const face = "github.com/jetsource/jetsource/jetstream"
	const internal = face + "/internal/"
	allowed := map[string][]string{
		face:                {internal + "conn", internal + "reader", internal + "wire", internal + "writer"},
		internal + "reader": {internal + "conn", internal + "wire"},
		internal + "writer": {internal + "conn", internal + "wire"},
		internal + "conn":   {internal + "wire"},
		internal + "wire":   nil,
		internal + "jstest": {internal + "conn", internal + "wire"}, // of tests alone
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, face, internal+"...")
	output, err := list.CombinedOutput()
	require.NoError(t, err, "%s", output)
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	require.Len(t, lines, len(allowed), "a package is missing in this test: %s", output)
	for _, line := range lines {
		imports := strings.Fields(line)
		importer := imports[0]
		require.Contains(t, allowed, importer)
		for _, path := range imports[1:] {
			if strings.HasPrefix(path, face) {
				require.Contains(t, allowed[importer], path, "%s imports %s", importer, path)
			}
		}
	}
}
