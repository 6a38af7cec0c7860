package journaltest

import (
	"bytes"
	"testing"

	"sockproof/lib/report"
	"sockproof/lib/schematest"
)

// followsTheSchema checks the JSON document of every recording.
func (s *Suite) followsTheSchema(t *testing.T) {
	for _, name := range s.Recordings {
		var doc bytes.Buffer
		if err := report.JSON(&doc, s.reportOf(t, name)); err != nil {
			t.Fatal(err)
		}
		schematest.Fits(t, "report", doc.Bytes())
	}
}
