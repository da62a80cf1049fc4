package health_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/health"
	"github.com/jetsource/jetsource/core/memory"
	"github.com/jetsource/jetsource/core/projection"
)

func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	store := memory.New[string, core.NoMetadata]()
	totals := projection.NewLive(store, projection.Define("totals", projection.On(func(s *total, e recorded) { s.Paid += e.Event.Amount })))

	checks := health.Checks{Runners: map[string]health.Runner{"totals": totals}}
	mux := http.NewServeMux()
	mux.Handle("/livez", checks.Live())
	mux.Handle("/readyz", checks.Ready())
	status := func(path string) int {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil))
		return w.Code
	}

	fmt.Println("before Run:", status("/livez"), status("/readyz"))
	done := make(chan error)
	go func() { done <- totals.Run(ctx) }()
	for status("/readyz") != http.StatusOK { // Run has reached the store
	}
	fmt.Println("while it runs:", status("/livez"), status("/readyz"))
	cancel()
	fmt.Println(<-done)
	// Output:
	// before Run: 200 503
	// while it runs: 200 200
	// <nil>
}
