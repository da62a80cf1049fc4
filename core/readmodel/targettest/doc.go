// Package targettest checks a target of read models against the contract of
// [readmodel.Target], and has one in memory.
//
// A target's own tests call [Run] with a [Harness]. Each rule of the contract is a
// subtest whose name says it, so a failure names the rule that was broken.
package targettest
