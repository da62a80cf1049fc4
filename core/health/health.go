// Package health answers, over HTTP, whether a program lives and is ready, as Kubernetes
// and load balancers ask, by how its runners do: live projections, workers of
// reactors, and runners of read models.
//
//	checks := health.Checks{
//		Runners:   map[string]health.Runner{"balances": live, "shipping": worker},
//		MaxBehind: time.Minute,
//	}
//	mux.Handle("/livez", checks.Live())
//	mux.Handle("/readyz", checks.Ready())
//
// The answer is JSON that has the state of each runner, and error texts: it is meant for
// a port that the world does not see.
package health

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/jetsource/jetsource/core"
)

// Runner is what has health.
type Runner interface {
	// Health returns how the runner does. Beside an error, of a store that cannot
	// tell how far the runner is behind, the state is known all the same.
	Health(ctx context.Context) (core.Health, error)
}

// Checks say when a program lives and is ready. Without runners it always is.
type Checks struct {
	// Runners are the program's, by the names that the answers give them.
	Runners map[string]Runner
	// MaxBehind is how far a runner that is ready may be behind. Zero means any time.
	MaxBehind time.Duration
	// Timeout bounds the question how far a runner is behind. Zero means 2 s.
	Timeout time.Duration
}

// Live answers 200, or 503 once Run of a runner has ended with an error: it takes a new
// process to go on. No store is asked, because an outage is no reason to end a process, and
// so the answer has no lag.
func (c Checks) Live() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		cancel() // states are known without the store
		c.answer(ctx, w, func(r *report, h core.Health, _ error) bool {
			r.Lag, r.Behind, r.Unknown = nil, nil, ""
			return h.State != core.RunnerStopped || h.Err == nil
		})
	})
}

// Ready answers 200, or 503 while a runner has not begun, fails, has ended, is further
// behind than MaxBehind, or its store does not answer. A runner that waits because another
// process works is ready.
func (c Checks) Ready() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timeout := c.Timeout
		if timeout == 0 {
			timeout = 2 * time.Second
		}
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		c.answer(ctx, w, func(_ *report, h core.Health, err error) bool {
			runs := h.State == core.RunnerWorking || h.State == core.RunnerWaiting
			return runs && err == nil && (c.MaxBehind == 0 || h.Behind <= c.MaxBehind)
		})
	})
}

// report is what an answer says of a runner.
type report struct {
	OK     bool             `json:"ok"`
	State  core.RunnerState `json:"state"`
	Since  time.Time        `json:"since,omitzero"`
	Lag    *uint64          `json:"lag,omitempty"`            // nil if it was not asked for
	Behind *float64         `json:"behind_seconds,omitempty"` // as Lag
	Error  string           `json:"error,omitempty"`
	// Unknown is why Lag and Behind are not known.
	Unknown string `json:"unknown,omitempty"`
}

func (c Checks) answer(ctx context.Context, w http.ResponseWriter, ok func(*report, core.Health, error) bool) {
	reports := make(map[string]report, len(c.Runners))
	var mu sync.Mutex // guards reports
	var asked sync.WaitGroup
	for name, runner := range c.Runners {
		asked.Go(func() {
			h, err := runner.Health(ctx)
			behind := h.Behind.Seconds()
			r := report{State: h.State, Since: h.Since, Lag: &h.Lag, Behind: &behind, Error: text(h.Err), Unknown: text(err)}
			r.OK = ok(&r, h, err)
			mu.Lock()
			defer mu.Unlock()
			reports[name] = r
		})
	}
	asked.Wait()
	status := http.StatusOK
	for _, r := range reports {
		if !r.OK {
			status = http.StatusServiceUnavailable
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": status == http.StatusOK, "runners": reports}) // the client is gone
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
