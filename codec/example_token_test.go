package codec_test

import (
	"fmt"

	"github.com/jetsource/jetsource/codec"
)

// Any name becomes one token of a subject, which can be decoded again.
func ExampleEncodeToken() {
	for _, name := range []string{"ACC-001", "account.deposited", "a*b", "Zoë"} {
		token, err := codec.EncodeToken(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		back, err := codec.DecodeToken(token)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(token, "is", back)
	}
	_, err := codec.EncodeToken("")
	fmt.Println(err)
	// Output:
	// ACC-001 is ACC-001
	// account/deposited is account.deposited
	// a=2Ab is a*b
	// Zo=C3=AB is Zoë
	// token "": it is empty
}
