package main

import (
	"errors"

	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/cli"
	"sockproof/lib/portrange"
)

// portFlag lets the caller choose the target.
func portFlag() urfave.Flag {
	return cli.Checked("port", "aim at port `N`, which nothing must listen on", "", func(text string) error {
		if _, err := portrange.ParsePort(text); err != nil {
			return errors.New("want a port from 1 to 65535")
		}
		return nil
	})
}
