package jetstream

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each header that a message may have is told of in the documentation of the package.
func TestHeadersAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	headers, err := os.ReadFile("internal/wire/header.go")
	require.NoError(t, err)
	names := regexp.MustCompile(`"(Es-[A-Za-z-]+|trace[a-z]+)"`).FindAllSubmatch(headers, -1)
	require.Greater(t, len(names), 8)
	for _, name := range names {
		require.Regexp(t, `(?m)^//\t([A-Za-z-]+, )*`+string(name[1])+`\b`, string(doc))
	}
}
