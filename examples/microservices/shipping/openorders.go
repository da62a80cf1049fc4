package main

import (
	"github.com/jetsource/jetsource/core/projection"
	"github.com/jetsource/jetsource/examples/microservices"
)

// The events that shipping deals with.
type (
	placed    = microservices.Recorded[microservices.OrderPlaced]
	paid      = microservices.Recorded[microservices.OrderPaid]
	cancelled = microservices.Recorded[microservices.OrderCancelled]
	shipped   = microservices.Recorded[microservices.ShipmentCreated]
)

// OpenOrders are the orders that are neither shipped nor cancelled.
type OpenOrders struct {
	Orders map[string]OpenOrder // by id
}

// OpenOrder is what shipping knows of an order.
type OpenOrder struct {
	Customer string
	Item     string
	Paid     bool
}

// openOrders says how the read model follows from the events of both services.
var openOrders = projection.Define("open-orders",
	projection.On((*OpenOrders).placed),
	projection.On((*OpenOrders).paid),
	projection.On((*OpenOrders).cancelled),
	projection.On((*OpenOrders).shipped),
).WithInit(func() OpenOrders { return OpenOrders{Orders: make(map[string]OpenOrder)} })

func (o *OpenOrders) placed(e placed) {
	o.Orders[e.Key.ID] = OpenOrder{Customer: e.Event.Customer, Item: e.Event.Item}
}

func (o *OpenOrders) paid(e paid) {
	order := o.Orders[e.Key.ID]
	order.Paid = true
	o.Orders[e.Key.ID] = order
}

func (o *OpenOrders) cancelled(e cancelled) { delete(o.Orders, e.Key.ID) }

// shipped finds the order by the id of the shipment, which is the same.
func (o *OpenOrders) shipped(e shipped) { delete(o.Orders, e.Key.ID) }
