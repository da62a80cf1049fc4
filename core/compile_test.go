package core_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"testing"

	"github.com/stretchr/testify/require"
)

// compile type-checks a program that imports package core, from source.
func compile(t *testing.T, check func(source string) error, body string) error {
	t.Helper()
	return check(`package p

import (
	"context"

	"github.com/jetsource/jetsource/core"
)

type plain = core.EventStore[string, uint64, string]
type ordered = core.GloballyOrderedStore[string, uint64, string]
type followed = core.SubscribableStore[string, uint64, string]

type snapshots = core.SnapshotStore[string, uint64]
type projection = *core.Projection[int, string, uint64, string]
type reactor = *core.Reactor[string, uint64, string]

var _ context.Context

func use(...any) {}
` + body)
}

// A store that cannot do what is asked of it is found by the compiler.
func TestStoreThatIsNotEnoughDoesNotCompile(t *testing.T) {
	if testing.Short() {
		t.Skip("type-checks package core from source")
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "source", nil)
	check := func(source string) error {
		file, err := parser.ParseFile(fset, "p.go", source, 0)
		require.NoError(t, err)
		conf := types.Config{Importer: imports}
		_, err = conf.Check("p", fset, []*ast.File{file}, nil)
		return err
	}
	for name, c := range map[string]struct{ enough, lacking, missing string }{
		"snapshots of a projection need an order": {
			`func f(s ordered, n snapshots, p projection) { use(core.LoadProjectionFrom(context.Background(), s, n, p)) }`,
			`func f(s plain, n snapshots, p projection) { use(core.LoadProjectionFrom(context.Background(), s, n, p)) }`,
			"ComparePositions",
		},
		"a projection at a version needs an order": {
			`func f(s ordered, p projection) { use(core.LoadProjectionAt(context.Background(), s, p, core.At(uint64(1)))) }`,
			`func f(s plain, p projection) { use(core.LoadProjectionAt(context.Background(), s, p, core.At(uint64(1)))) }`,
			"ComparePositions",
		},
		"a live projection needs to follow": {
			`func f(s followed, p projection) { use(core.NewLive(s, p)) }`,
			`func f(s ordered, p projection) { use(core.NewLive(s, p)) }`,
			"Distance",
		},
		"a worker needs system entries": {
			`func f(s core.SystemStore[string, uint64, string], r reactor) { use(core.NewWorker(s, r)) }`,
			`func f(s followed, r reactor) { use(core.NewWorker(s, r)) }`,
			"LastEntry",
		},
		"a projection now needs no more than a store": {
			`func f(s plain, p projection) { use(core.LoadProjection(context.Background(), s, p)) }`,
			`func f(s int, p projection) { use(core.LoadProjection(context.Background(), s, p)) }`,
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, compile(t, check, c.enough))
			require.ErrorContains(t, compile(t, check, c.lacking), c.missing)
		})
	}
}
