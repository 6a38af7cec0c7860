package cli

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// listedFlag is what is known of a flag. One without a value is a switch.
type listedFlag struct {
	Name  string   `json:"name"` // with its dashes
	Value string   `json:"value,omitempty"`
	Words []string `json:"words,omitempty"` // that it takes, where they are few
	File  bool     `json:"file,omitempty"`  // its value is a file's name
	Usage string   `json:"usage"`           // with its default in brackets
}

// listed describes a flag.
func listed(f cli.Flag) listedFlag {
	l := listedFlag{Name: dashed(f.Names()[0])}
	d, is := f.(cli.DocGenerationFlag)
	if !is {
		return l
	}
	if l.Usage = d.GetUsage(); !d.TakesValue() {
		return l
	}
	l.Value = "VALUE"
	if part := strings.Split(l.Usage, "`"); len(part) == 3 {
		l.Value, l.Usage = part[1], strings.Join(part, "")
	}
	if text := d.GetDefaultText(); text != "" {
		l.Usage += " (" + strings.Trim(text, `"`) + ")" // v2 quotes a string's
	}
	switch f := f.(type) {
	case *cli.StringFlag:
		l.File = f.TakesFile
	case *cli.GenericFlag:
		if v, is := f.Value.(*value); is {
			l.Words = v.words
		}
	}
	return l
}

// listedFlags describes flags.
func listedFlags(flags []cli.Flag) []listedFlag {
	all := []listedFlag{}
	for _, f := range flags {
		all = append(all, listed(f))
	}
	return all
}
