package readmodel

import (
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// positionText returns a version as progress holds it.
func positionText[Pos comparable](v core.Version[Pos]) string {
	text, err := v.MarshalText()
	if err != nil {
		return "" // a position that is no JSON; parsePosition would not read it either
	}
	return string(text)
}

// parsePosition reads what positionText wrote.
func parsePosition[Pos comparable](text string) (v core.Version[Pos], err error) {
	if err := v.UnmarshalText([]byte(text)); err != nil {
		return v, core.Final(fmt.Errorf("progress: %w", err))
	}
	return v, nil
}
