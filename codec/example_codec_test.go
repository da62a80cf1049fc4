package codec_test

import (
	"fmt"

	"github.com/jetsource/jetsource/codec"
)

type FundsDeposited struct {
	Amount int64
}

// The name of the codec that wrote an event is recorded, and finds the codec to read it with.
func ExampleSet_ByName() {
	data, err := codec.MessagePack.Marshal(FundsDeposited{Amount: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	recorded := codec.MessagePack.Name()

	c, err := codec.Set(nil).ByName(recorded)
	if err != nil {
		fmt.Println(err)
		return
	}
	var event FundsDeposited
	if err := c.Unmarshal(data, &event); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Name(), event.Amount)

	_, err = codec.Set(nil).ByName("text/plain")
	fmt.Println(err)
	// Output:
	// application/vnd.msgpack 100
	// unknown codec "text/plain"
}
