package cli

import (
	"bytes"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"sockproof/lib/report"
)

// v2 writes each thing in a line, however long.
func init() {
	cli.HelpPrinter = func(w io.Writer, template string, data any) {
		var b bytes.Buffer
		cli.HelpPrinterCustom(&b, template, data, nil)
		style := report.Style{}
		if q, is := w.(queued); is {
			style = report.StyleFor(q.o.file, "never", os.Getenv)
		}
		_, _ = io.WriteString(w, style.Hanging(b.String())) // as v2 does; the output keeps its error
	}
}
