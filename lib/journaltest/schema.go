package journaltest

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sockproof/lib/report"
)

// schemaFile is the schema of --format json, seen from a binary's folder.
const schemaFile = "../../docs/report.schema.json"

// followsTheSchema checks the JSON document of every recording.
func (s *Suite) followsTheSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	schema, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range s.Recordings {
		var doc bytes.Buffer
		if err := report.JSON(&doc, s.reportOf(t, name)); err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(&doc)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
