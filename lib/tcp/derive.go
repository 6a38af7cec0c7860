package tcp

import "reflect"

// Derive is a model that a program makes of a run: made once of each view, by the first
// that asks for that type, and kept with it. It must not be changed. One goroutine at a
// time may judge a view.
func Derive[T any](v *View, of func(v *View) T) T {
	key := reflect.TypeFor[T]()
	if made, ok := v.derived[key]; ok {
		return made.(T)
	}
	made := of(v)
	v.derived[key] = made
	return made
}
