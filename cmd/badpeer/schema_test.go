package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaFile = "../../docs/schema/badpeer.json"

// TestSchema: what a run reports follows the schema, with every field of a report in it.
func TestSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	schema, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	r := newReport(&plan{mode: &lateMode, protocol: "line", argv: []string{"dir/client"}})
	r.add(runReport{
		verdict: open("that", "this"), Network: "host", SIGPIPE: "default", Packets: "none",
		End:   ending{Ended: true, Status: 141, Signal: "SIGPIPE", Shell: true, MaxRSS: 1, AtNS: 2},
		Facts: []fact{one(asked, "b2", "x", "y", 1)},
	})
	r.add(runReport{verdict: copes("well"), Network: "loopback", Facts: []fact{}})
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Error(err)
	}
	doc, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{peerReport{}, runReport{}, verdict{}, ending{}, fact{}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name != "" && !strings.Contains(string(doc), `"`+name+`": {`) {
				t.Errorf("%T: the schema does not know %q", v, name)
			}
		}
	}
}
