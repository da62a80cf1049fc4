package main

import (
	"context"
	"fmt"
	"io"

	"github.com/jetsource/jetsource/core"
	"github.com/jetsource/jetsource/core/reactor"
	"github.com/jetsource/jetsource/examples/microservices"
)

// name is that of the reactor, and of its progress, its leases and its parked
// events. The rights in nats.conf are for this name.
const name = "shipping"

type (
	shipper = reactor.Reactor[string, uint64, microservices.Meta]
	worker  = reactor.Worker[string, uint64, microservices.Meta]
)

// newReactor returns what shipping does: it answers a paid order with a
// shipment, and a shipment with a mail.
func newReactor(mail *mailer) *shipper {
	return reactor.Define(name, reactor.Produce(ship), reactor.On(mail.send))
}

// ship makes a shipment of a paid order. It is recorded in one commit with the
// reactor's progress: that alone makes it happen once, so nothing is expected of
// the shipment.
func ship(_ context.Context, e paid) ([]microservices.Commit, error) {
	return []microservices.Commit{{
		Key:       core.Key[string]{Kind: "shipment", ID: e.Key.ID},
		Unchecked: true,
		Events:    []core.Event{microservices.ShipmentCreated{Customer: e.Event.Customer, Item: e.Event.Item}},
		Metadata:  microservices.Meta{Service: "shipping"},
	}}, nil
}

// mailer sends mails by printing them, one a line.
type mailer struct {
	out io.Writer
}

// send tells the customer. When shipping dies between the mail and the record of
// its progress, the mail is sent again, with the key by which a mail service
// knows it.
func (m *mailer) send(_ context.Context, e shipped) error {
	key := name + "/" + e.EventID()
	_, err := fmt.Fprintf(m.out, "mail %s to %s: order %s is on its way: %s\n", key, e.Event.Customer, e.Key.ID, e.Event.Item)
	return err
}
