// Package microservices is what two services agree on: the events, the type of
// the store, and how one connects to the server. The services are programs of
// their own, each with a user that may do what it needs and nothing else:
//
//   - orders takes commands: place, pay and cancel an order.
//   - shipping keeps the open orders as a read model, and reacts: each paid order
//     is shipped once, and its customer is sent a mail. Several processes share
//     that, and when one dies the others have its part.
//
// Certs makes the certificates, and setup the stream and the buckets, so that no
// service needs the right to. README.md says how to run all of it.
package microservices
