package cli

import (
	"io"
	"strings"
)

// runAlone is what a program without scenarios does without a command.
func runAlone(c *Context) (int, error) {
	if c.Bool("version") {
		_, err := io.WriteString(c.Out, c.Program.versionLine())
		return 0, ignoreWrite(err)
	}
	if len(c.Args) == 0 {
		return c.Program.Alone.Do(c)
	}
	name, commands := c.Args[0], c.Program.commandNames()
	if c.App.Command(name) != nil {
		return ExitUsage, Usagef("%q is a command, and goes first: %s %s", name, c.Program.Name, name)
	}
	return ExitUsage, Usagef("unknown command %q; commands: %s%s", name, strings.Join(commands, ", "), similarWord(name, commands))
}
