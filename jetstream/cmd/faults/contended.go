//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
)

// maxCommits is about how many commits a contended aggregate gets.
const maxCommits = 1500

// newItem begins the ids of aggregates that get one commit only.
const newItem = "new-"

// contendedAggregates are the aggregates that all clients commit to. One with many
// commits is replaced by a new one, because the search for an order of its commits
// takes memory that grows with the square of their number.
type contendedAggregates struct {
	mu      sync.Mutex // guards commits
	commits []int      // by number of the aggregate
}

func newContendedAggregates(n int) *contendedAggregates {
	return &contendedAggregates{commits: make([]int, n)}
}

// pick returns one of the aggregates, those with a low number more often.
func (a *contendedAggregates) pick(rng *rand.Rand) key {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := min(rng.IntN(len(a.commits)), rng.IntN(len(a.commits)))
	a.commits[n]++
	return itemKey(fmt.Sprintf("s%02d-%d", n, a.commits[n]/maxCommits))
}
