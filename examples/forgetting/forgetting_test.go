package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStory(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, `before    {ID:C-1 Email:ada@example.com Name:Ada Lovelace Country:GB Friends:[]}
before    {ID:C-2 Email:charles@example.com Name:Charles Babbage Country:GB Friends:[{ID:C-1 Name:Ada Lovelace}]}
export    customer.registered {"Country":"GB","Customer":"C-1","Email":"ada@example.com","Name":"Ada Lovelace"}
export    customer.recommended {"To":{"ID":"C-1","Name":"Ada Lovelace"}}
search    name and address: in 0 messages, 0 files; key: in 1 messages, 1 files
after     {ID:C-1 Email: Name:(forgotten) Country:GB Friends:[]}
after     {ID:C-2 Email:charles@example.com Name:Charles Babbage Country:GB Friends:[{ID:C-1 Name:(forgotten)}]}
export    customer.registered {"Country":"GB","Customer":"C-1","Email":null,"Name":null}
export    customer.recommended {"To":{"ID":"C-1","Name":null}}
export    jetsource.forget-requested {"Subject":"C-1"}
export    jetsource.forgotten {"Subject":"C-1"}
search    name and address: in 0 messages, 0 files; key: in 0 messages, 0 files
another   customer has registered ada@example.com
`, out.String())
}
