package codec_test

import (
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/codec"
)

type OrderPlaced struct {
	Lines []OrderLine
}

type OrderLine struct {
	Item  string
	price int
}

// encoding/json would leave out the price without an error.
func ExampleHiddenFieldError() {
	_, err := codec.JSON.Marshal(OrderPlaced{Lines: []OrderLine{{Item: "book", price: 20}}})

	var hidden *codec.HiddenFieldError
	if errors.As(err, &hidden) {
		fmt.Println(hidden.Field)
	}
	// Output:
	// OrderPlaced.Lines[].price
}
