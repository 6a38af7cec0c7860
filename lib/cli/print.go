package cli

import (
	"encoding/json"
	"io"
	"strings"
)

// Format is the value of --format.
func (c *Context) Format() string { return c.String(formatFlag) }

// TextOrJSON writes what a command found: as text, or v as one JSON document.
func (c *Context) TextOrJSON(v any, text func(io.Writer)) error {
	switch c.Format() {
	case formatText:
		return c.Text(text)
	case formatJSON:
		e := json.NewEncoder(c.Out)
		e.SetIndent("", "  ")
		return ignoreWrite(e.Encode(v))
	}
	return nil
}

// Text writes what a command says, where it is text alone.
func (c *Context) Text(text func(io.Writer)) error {
	var b strings.Builder
	text(&b)
	_, err := io.WriteString(c.Out, c.Style.Plain(b.String()))
	return ignoreWrite(err)
}

// Wrapped is text in lines that are no longer than the stream is wide. Where nobody says how wide
// that is, a program may search it line by line.
func (c *Context) Wrapped(text func(io.Writer)) func(io.Writer) {
	if !c.Style.Told {
		return text
	}
	return func(w io.Writer) {
		var b strings.Builder
		text(&b)
		_, _ = io.WriteString(w, c.Style.Hanging(b.String())) // into a buffer, as text did
	}
}

// EachTextOrJSON writes one of several things as they come: as text, or v as JSON
// on a line of its own.
func (c *Context) EachTextOrJSON(v any, text func(io.Writer)) error {
	if c.Format() == formatJSON {
		return ignoreWrite(json.NewEncoder(c.Out).Encode(v))
	}
	return c.TextOrJSON(v, text)
}

// ignoreWrite drops an error that output keeps and Main reports.
func ignoreWrite(error) error { return nil }
