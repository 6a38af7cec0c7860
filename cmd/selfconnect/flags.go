package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"
)

// portValue is a flag's value that is a port; 0: not given.
type portValue struct{ port uint16 }

// Set refuses what is no port.
func (p *portValue) Set(s string) error {
	port, err := parsePort(s)
	if err != nil {
		return fmt.Errorf("want a port from 1 to 65535")
	}
	p.port = port
	return nil
}

func (p *portValue) String() string {
	if p.port == 0 {
		return ""
	}
	return strconv.Itoa(int(p.port))
}

// portFlag lets the caller choose the target.
func portFlag() cli.Flag {
	return &cli.GenericFlag{
		Name: "port", Value: &portValue{},
		Usage: "aim at port `N`, which nothing must listen on",
	}
}

// seconds renders milliseconds as whole seconds.
func seconds(ms int64) string {
	return (time.Duration(ms) * time.Millisecond).Round(time.Second).String()
}
