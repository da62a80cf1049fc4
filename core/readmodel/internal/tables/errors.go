package tables

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
)

// state returns the SQLSTATE of an error; drivers of PostgreSQL have it in a method.
func state(err error) string {
	var with interface{ SQLState() string }
	if errors.As(err, &with) {
		return with.SQLState()
	}
	return ""
}

// unavailable are classes of SQLSTATE, and some single ones: the connection, a
// transaction that is to be repeated, resources, locks, the operator and the system.
var unavailable = []string{"08", "40", "53", "57", "58", "55P03", "25P03", "25006"}

// Unavailable reports whether an error is due to the state of a database.
func Unavailable(err error) bool {
	if s := state(err); s != "" {
		for _, class := range unavailable {
			if strings.HasPrefix(s, class) {
				return true
			}
		}
		return false
	}
	var code interface{ Code() int } // as modernc.org/sqlite has it
	if errors.As(err, &code) {
		switch code.Code() & 0xff {
		case 5, 6, 7, 8, 9, 10, 13, 14, 15: // busy, locked, memory, read-only, interrupted, I/O, full, cannot open, protocol
			return true
		}
		return false
	}
	var retry interface{ SafeToRetry() bool } // as pgx has it
	if errors.As(err, &retry) && retry.SafeToRetry() {
		return true
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// IsLockTimeout reports whether a switch has waited too long for its readers.
func IsLockTimeout(err error) bool { return state(err) == "55P03" }
