package storetest

import "time"

// Hurry makes the rules about subscriptions impatient, for stores in memory.
func Hurry() { promptness, idleness = 2*time.Second, 10*time.Millisecond }
