// Package cluster runs three nats-servers as processes of their own on
// loopback, with a proxy in every connection, so that each of them can be
// killed, paused or cut off from any other and from its clients.
//
// The processes are this program started again: call [Serve] first thing in
// main, or in TestMain.
package cluster
