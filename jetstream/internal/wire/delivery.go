package wire

import (
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Delivery is what the server says of a message that a consumer delivers.
type Delivery struct {
	Stream   string
	Sequence uint64 // in the stream
	Consumer uint64 // how many messages the consumer has delivered
	Time     time.Time
	Pending  uint64 // messages of the consumer still to come, as its server knows
}

// ParseDelivery reads the reply subject of a delivered message:
//
//	$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<time>.<pending>
//
// or the same with domain and account behind ACK, and a last token that is not
// used. It is read for every message, so it must be cheap.
func ParseDelivery(reply string) (d Delivery, ok bool) {
	rest, ok := strings.CutPrefix(reply, "$JS.ACK.")
	skip := 0
	switch n := strings.Count(rest, "."); {
	case !ok, n < 6:
		return d, false
	case n > 6:
		skip = 2
	}
	for range skip {
		_, rest, _ = strings.Cut(rest, ".")
	}
	stream, rest, _ := strings.Cut(rest, ".")
	_, rest, _ = strings.Cut(rest, ".")
	_, rest, _ = strings.Cut(rest, ".")
	var numbers [4]uint64
	for i := range numbers {
		var token string
		token, rest, _ = strings.Cut(rest, ".")
		n, err := strconv.ParseUint(token, 10, 64)
		if err != nil {
			return d, false
		}
		numbers[i] = n
	}
	return Delivery{stream, numbers[0], numbers[1], time.Unix(0, int64(numbers[2])).UTC(), numbers[3]}, true
}

// Message returns the delivered message.
func (d Delivery) Message(m *nats.Msg) *Message {
	return &Message{Seq: d.Sequence, Subject: m.Subject, Time: d.Time, Header: m.Header, Data: m.Data}
}
