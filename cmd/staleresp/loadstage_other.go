//go:build !linux

package main

// onStage sets no stage: where there is none, a load says so itself.
func onStage(_ *loadOptions, f func() error) error { return f() }
