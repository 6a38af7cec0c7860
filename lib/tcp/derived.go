package tcp

// Derived is Derive with its model: what a program makes of a run, made once of each view.
func Derived[T any](of func(v *View) T) func(v *View) T {
	return func(v *View) T { return Derive(v, of) }
}
