// Package suite runs the rules of the test suites, storetest and snapshottest.
package suite

import (
	"errors"
	"strings"
	"sync"
	"testing"
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

// Run runs each rule as a subtest of its name.
func Run(t *testing.T, groups []Group) {
	for _, group := range groups {
		t.Run(group.Name, func(t *testing.T) {
			for _, rule := range group.Rules {
				t.Run(rule.Name, rule.Check)
			}
		})
	}
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
