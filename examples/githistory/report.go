package main

import (
	"fmt"
	"io"
)

// report is written for people. A line that cannot be written stops no import.
type report struct{ w io.Writer }

func (r report) printf(format string, args ...any) { _, _ = fmt.Fprintf(r.w, format, args...) }
