// Package cluster runs three nats-servers on loopback, each in a process of its
// own and with a proxy in every connection. Each server can be killed, paused, and
// cut off from any other server and from its clients.
//
// The processes run this program: call [Serve] first in main, or in TestMain.
package cluster
