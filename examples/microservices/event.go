package microservices

// OrderPlaced is recorded by orders, and so are the next two.
type OrderPlaced struct {
	Customer string
	Item     string
	Cents    int64
}

// OrderPaid says what is to be sent to whom, so that shipping need not ask.
type OrderPaid struct {
	Customer string
	Item     string
	Cents    int64
}

// OrderCancelled ends an order that was not paid.
type OrderCancelled struct{ Reason string }

// ShipmentCreated is recorded by shipping. The shipment has the id of its order.
type ShipmentCreated struct{ Customer, Item string }

// EventKind names the event.
func (OrderPlaced) EventKind() string { return "order.placed" }

// EventKind names the event.
func (OrderPaid) EventKind() string { return "order.paid" }

// EventKind names the event.
func (OrderCancelled) EventKind() string { return "order.cancelled" }

// EventKind names the event.
func (ShipmentCreated) EventKind() string { return "shipment.created" }
