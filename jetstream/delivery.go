package jetstream

import (
	"strconv"
	"strings"
	"time"
)

// delivery is what the server tells of a message that a consumer delivers.
type delivery struct {
	of       string // the stream
	stream   uint64 // sequence in the stream
	consumer uint64 // how many messages the consumer has delivered
	time     time.Time
	pending  uint64 // messages of the consumer still to come, as its server knows
}

// parseDelivery reads the reply subject of a delivered message:
//
//	$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<time>.<pending>
//
// or the same with domain and account behind ACK, and a last token of no concern.
// It is read for every message, so it must cost next to nothing.
func parseDelivery(reply string) (d delivery, ok bool) {
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
	of, rest, _ := strings.Cut(rest, ".")
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
	return delivery{of, numbers[0], numbers[1], time.Unix(0, int64(numbers[2])).UTC(), numbers[3]}, true
}
