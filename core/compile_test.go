package core_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// prelude begins each program of these tests.
const prelude = `package p

import (
	"context"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/core/reactor"
)

type plain = core.EventStore[string, uint64, string]
type ordered = core.GloballyOrderedStore[string, uint64, string]
type followed = core.SubscribableStore[string, uint64, string]
type system = core.SystemStore[string, uint64, string]

type snapshots = core.SnapshotStore[string, uint64]
type total = *projection.Projection[int, string, uint64, string]
type mailer = *reactor.Reactor[string, uint64, string]

type Account struct{ Balance int }
type Order struct{ Items []string }

type Deposited struct{ Amount int }
type Placed struct{ Item string }
type Bare struct{}
type Pointed struct{}

func (Deposited) EventKind() string { return "account.deposited" }
func (Placed) EventKind() string    { return "order.placed" }
func (*Pointed) EventKind() string  { return "account.pointed" }

var ctx context.Context

func use(...any) {}
`

// compiler returns a function that type-checks a program, with what the go command has
// compiled of the packages that it imports.
func compiler(t *testing.T) func(body string) error {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-f", "{{.ImportPath}}={{.Export}}", "context", ".", "./projection", "./reactor")
	output, err := list.CombinedOutput()
	require.NoError(t, err, "%s", output)
	compiled := make(map[string]string)
	for line := range strings.Lines(string(output)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		compiled[path] = file
	}
	files := token.NewFileSet()
	conf := types.Config{Importer: importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(compiled[path]) })}
	return func(body string) error {
		file, err := parser.ParseFile(files, "p.go", prelude+"\nvar _ = reactor.Permanent\nvar _ = projection.Load[int, string, uint64, string]\n"+body, 0)
		require.NoError(t, err)
		_, err = conf.Check("p", files, []*ast.File{file}, nil)
		return err
	}
}

// A store that lacks an ability is found by the compiler.
func TestStoreThatIsNotEnoughDoesNotCompile(t *testing.T) {
	compile := compiler(t)
	for name, c := range map[string]struct{ enough, lacking, missing string }{
		"snapshots of a projection need an order": {
			`func f(s ordered, n snapshots, p total) { use(projection.LoadFrom(ctx, s, n, p)) }`,
			`func f(s plain, n snapshots, p total) { use(projection.LoadFrom(ctx, s, n, p)) }`,
			"ComparePositions",
		},
		"a projection at a version needs an order": {
			`func f(s ordered, p total) { use(projection.LoadAt(ctx, s, p, core.At(uint64(1)))) }`,
			`func f(s plain, p total) { use(projection.LoadAt(ctx, s, p, core.At(uint64(1)))) }`,
			"ComparePositions",
		},
		"a live projection needs to follow": {
			`func f(s followed, p total) { use(projection.NewLive(s, p)) }`,
			`func f(s ordered, p total) { use(projection.NewLive(s, p)) }`,
			"Distance",
		},
		"a worker needs system entries": {
			`func f(s system, r mailer) { use(reactor.NewWorker(s, r)) }`,
			`func f(s followed, r mailer) { use(reactor.NewWorker(s, r)) }`,
			"EntryKeys",
		},
		"a projection now needs no more than a store": {
			`func f(s plain, p total) { use(projection.Load(ctx, s, p)) }`,
			`func f(s int, p total) { use(projection.Load(ctx, s, p)) }`,
			"int",
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, compile(c.enough))
			require.ErrorContains(t, compile(c.lacking), c.missing)
		})
	}
}

// The messages are those that the documentation of this package explains.
func TestLikelyMistakesHaveReadableCompileErrors(t *testing.T) {
	compile := compiler(t)
	for name, c := range map[string]struct{ right, wrong, message string }{
		"a handler of another state": {
			`var _ = core.DefineAggregate("account", core.On(func(*Account, Deposited) {}), core.On(func(*Account, Placed) {}))`,
			`var _ = core.DefineAggregate("account", core.On(func(*Account, Deposited) {}), core.On(func(*Order, Placed) {}))`,
			"type core.Handler[Order] of core.On((func(*Order, Placed) literal)) does not match inferred type core.Handler[Account] for core.Handler[A]",
		},
		"an event without EventKind": {
			`var _ = core.On(func(*Account, Deposited) {})`,
			`var _ = core.On(func(*Account, Bare) {})`,
			"E (type Bare) does not satisfy core.Event (missing method EventKind)",
		},
		"an event whose EventKind has a pointer receiver": {
			`var _ = core.On(func(*Account, Deposited) {})`,
			`var _ = core.On(func(*Account, Pointed) {})`,
			"E (type Pointed) does not satisfy core.Event (method EventKind has pointer receiver)",
		},
		"a projection that needs order on a store without": {
			`func f(s ordered, p total) { use(projection.LoadAt(ctx, s, p, core.At(uint64(1)))) }`,
			`func f(s plain, p total) { use(projection.LoadAt(ctx, s, p, core.At(uint64(1)))) }`,
			"core.EventStore[string, uint64, string] does not implement core.GloballyOrderedStore[string, uint64, string] (missing method ComparePositions)",
		},
		"metadata of another type": {
			`func f(s plain, p *projection.Projection[int, string, uint64, string]) { use(projection.Load(ctx, s, p)) }`,
			`func f(s plain, p *projection.Projection[int, string, uint64, int]) { use(projection.Load(ctx, s, p)) }`,
			"type *projection.Projection[int, string, uint64, int] of p does not match inferred type *projection.Projection[int, string, uint64, string] for *projection.Projection[P, ID, Pos, M]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, compile(c.right))
			require.ErrorContains(t, compile(c.wrong), c.message)
		})
	}
}
