// Package suite runs the rules of the test suites, storetest and snapshottest.
package suite

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Rule is one sentence of a contract and the test that checks it.
type Rule struct {
	Name  string
	Check func(t *testing.T)
}

// Group is the rules about one subject.
type Group struct {
	Name  string
	Rules []Rule
}

// Run runs each rule as a subtest of its name, in parallel with the others: a rule
// has a store of its own, and most of its time is waiting.
func Run(t *testing.T, groups []Group) {
	for _, group := range groups {
		t.Run(group.Name, func(t *testing.T) {
			t.Parallel()
			for _, rule := range group.Rules {
				t.Run(rule.Name, func(t *testing.T) {
					t.Parallel()
					rule.Check(t)
				})
			}
		})
	}
}

// Goroutines calls run and returns how many of the goroutines that were begun in it,
// by it or by one another, still are when left says that it has waited long enough.
// Others of the process do not count.
func Goroutines(ctx context.Context, run func(context.Context), enough func(left int) bool) int {
	label := fmt.Sprintf("rule-%d", labels.Add(1))
	pprof.Do(ctx, pprof.Labels("rule", label), run)
	for {
		left := labelled(label)
		if left == 0 || enough(left) {
			return left
		}
		time.Sleep(time.Millisecond)
	}
}

var labels atomic.Int64

// labelled counts the goroutines that carry a label, in a profile as text: each
// stack begins with how many have it, and its labels follow.
func labelled(label string) int {
	var text strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&text, 1); err != nil {
		panic(err) // a Builder takes all
	}
	count := 0
	for stack := range strings.SplitSeq(text.String(), "\n\n") {
		if !strings.Contains(stack, `"`+label+`"`) {
			continue
		}
		for line := range strings.Lines(stack) {
			if n, err := strconv.Atoi(strings.Fields(line + " x")[0]); err == nil {
				count += n
				break
			}
		}
	}
	return count
}

// Hostile are texts that an encoding may mistake for one another, or for more than
// a name. None of them is empty or begins with an underscore.
var Hostile = []string{
	"*", ">", ".", "..", "/", "//", "=", "=2E", "=2e", "%2E", "a", "A", "a.b", "a/b", "a=2Eb", "a=b", "a.", ".a", "a*", "a.*", "a.>",
	"a b", " ", " a", "a ", "\t", "\r\n", "a\r\nb: c", "\x00", "a\x00", "a\x00b", "\\", `"`, "'", "`", "-", "a-b", "a_b", "$JS", "$JS.API.>",
	"é", "e\u0301", "ä", "Ä", "漢字", "🙂", "\u202e", "a\u202e", "\u200b", "\ufeff", "\xff", "\xff\xfe", "\xc3", "\ufffd",
	"null", "0", "00", "nil", strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat(".", 255), strings.Repeat("x", 300), strings.Repeat("x", 64<<10),
}

// Race runs count functions at once, and returns when all have ended.
func Race(count int, run func(i int) error) error {
	errs := make([]error, count)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			<-start
			errs[i] = run(i)
		})
	}
	close(start)
	wg.Wait()
	return errors.Join(errs...)
}
