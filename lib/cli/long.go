package cli

// What commands need that take long.

// Elevate makes private namespaces possible, if need be by running the command
// again inside a user namespace: then done is true, with that one's exit code.
func (c *Context) Elevate() (code int, done bool) { return elevate(c.Ctx) }

// Progress returns how a command shows on stderr, if that is a terminal, how far
// it is, and how it takes that away again.
func (c *Context) Progress() (show func(text string), hide func()) {
	p := newProgress(c.stderr)
	return p.show, p.clear
}
