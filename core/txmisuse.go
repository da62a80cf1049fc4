package core

import "errors"

// txError is a misuse of a Tx.
type txError struct{ text string }

func (e *txError) Error() string { return "transaction: " + e.text }

func (e *txError) Is(target error) bool { return target == errMisuse }

// errMisuse is matched by every txError.
var errMisuse = errors.New("transaction is misused")

// enter begins a use of the transaction, by a repository of a store.
func (tx *Tx) enter(isOf bool) error {
	switch {
	case tx.ended.Load():
		return &txError{"it is used after its function has returned"}
	case !tx.busy.CompareAndSwap(false, true):
		return tx.fail("two goroutines use it at once")
	case !isOf:
		tx.busy.Store(false)
		return tx.fail("a repository of another store uses it")
	}
	return nil
}

func (tx *Tx) leave() { tx.busy.Store(false) }

func (tx *Tx) fail(text string) error {
	err := &txError{text}
	tx.misuse.Store(err)
	return err
}

func (tx *Tx) misused() error {
	if err := tx.misuse.Load(); err != nil {
		return err
	}
	return nil
}
