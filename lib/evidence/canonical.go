package evidence

import (
	"bytes"
	"fmt"

	"sockproof/lib/pcapng"
	"sockproof/lib/report"
)

// canonical checks that what was read of a file is all that is in it: the sources
// and the capture must be what this program writes of what it has read. So a field
// that it does not know, a key that is there twice, a line that it passes over are
// alterations, by whatever build a bundle was made. What a later version adds may be
// a kind of event, whose payload is kept as it was read, and no field.
func (v *verifier) canonical() {
	for _, source := range []struct {
		name  string
		again func() ([]byte, error)
	}{
		{fileJournal, v.bundle.journal},
		{fileMachine, v.bundle.machine},
		{fileReport, (&Bundle{Report: v.written}).report},
	} {
		again, err := source.again()
		if err != nil {
			v.problem(Problem{File: source.name, Text: err.Error()})
			continue
		}
		v.isCanonical(source.name, again)
	}
	if v.written.Schema != report.Schema {
		v.problem(Problem{File: fileReport, Text: fmt.Sprintf("its schema is %q, not %q", v.written.Schema, report.Schema)})
	}
	v.checked("%s, %s, %s and %s: nothing in them that this program does not read", fileJournal, fileMachine, fileReport, fileCapture)
}

// canonicalCapture checks the capture likewise.
func (v *verifier) canonicalCapture(c *pcapng.Capture) {
	if again, err := c.Encode(); err != nil {
		v.problem(Problem{File: fileCapture, Text: err.Error()})
	} else {
		v.isCanonical(fileCapture, again)
	}
}

func (v *verifier) isCanonical(name string, again []byte) {
	if !bytes.Equal(again, v.files[name]) {
		v.problem(Problem{File: name, Text: fmt.Sprintf("has more than is read of it, or in another form, from byte %d on", firstDifference(again, v.files[name]))})
	}
}

// settled puts U+FFFD where JSON has it escaped, which is how the encoder writes
// what is no UTF-8: read and written again, it would stand there as itself.
func settled(b []byte) []byte {
	escape := []byte(`\ufffd`)
	if !bytes.Contains(b, escape) {
		return b
	}
	var out []byte
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] != '\\':
			out = append(out, b[i])
		case bytes.HasPrefix(b[i:], escape):
			out = append(out, "\ufffd"...)
			i += len(escape) - 1
		default: // an escape is two bytes, or begins so
			out = append(out, b[i:min(i+2, len(b))]...)
			i++
		}
	}
	return out
}
