//go:build !linux

package jetstream_test

import "errors"

func mount(string, int) error   { return errors.ErrUnsupported }
func remount(string, int) error { return errors.ErrUnsupported }
func unmount(string) error      { return nil }
