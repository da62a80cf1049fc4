package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// confirm returns an error unless what cannot be undone was asked for with --yes, or the word
// is typed on a terminal.
func (p *program) confirm(yes bool, what, word string) error {
	switch {
	case yes:
		return nil
	case !isTerminal(p.in):
		return &usageError{what + "; --yes does it"}
	}
	return typed(p.in, p.err, what, word)
}

// typed asks for a word.
func typed(in io.Reader, out io.Writer, what, word string) error {
	say(out, "%s.\nType %s to go on: ", what, word)
	line, err := bufio.NewReader(in).ReadString('\n')
	if got := strings.TrimRight(line, "\r\n"); got == word {
		return nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("that is not %s: nothing was done", word)
}
