// Package schematest holds documents against the JSON schemas in docs/schema. For tests.
package schematest

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// folder has the schemas, seen from a package two folders below the top.
const folder = "../../docs/schema"

// Fits says that a document is as the schema of a name describes it. One of bytes or a string
// is JSON already.
func Fits(t *testing.T, name string, document any) {
	t.Helper()
	schema := Schema(t, name)
	b := encoded(t, document)
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(read); err != nil {
		t.Errorf("%v\n%.2000s", err, b)
	}
}

// compiled are the schemas that were asked for, by name.
var compiled sync.Map

// Schema is the one of a name.
func Schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s, known := compiled.Load(name)
	if !known {
		s = compile(t, name)
		compiled.Store(name, s)
	}
	return s.(*jsonschema.Schema)
}

// compile reads all schemas: they refer to each other by their ids.
func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	id := ""
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		its := doc.(map[string]any)["$id"].(string)
		if err := c.AddResource(its, doc); err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == name+".json" {
			id = its
		}
	}
	schema, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func encoded(t *testing.T, document any) []byte {
	t.Helper()
	switch d := document.(type) {
	case []byte:
		return d
	case string:
		return []byte(d)
	}
	b, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// form is an object, or an array of such, as a schema describes it.
type form struct {
	Properties map[string]form
	Items      *form
	Defs       map[string]form `json:"$defs"`
}

// at is a form that this one has: one that it defines, or one that stands where a path of
// properties leads.
func (f form) at(path string) form {
	if path == "" {
		return f
	}
	if d, is := f.Defs[path]; is {
		return d
	}
	for name := range strings.SplitSeq(path, ".") {
		if f = f.Properties[name]; f.Items != nil {
			f = *f.Items
		}
	}
	return f
}

// Fields says that the schema of a name describes each field of these structs, and no other: the
// document's own by "", those that it defines by their names, and others by a path of properties.
func Fields(t *testing.T, name string, forms map[string]any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema form
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	for path, of := range forms {
		if got, want := slices.Sorted(maps.Keys(schema.at(path).Properties)), fieldsOf(reflect.TypeOf(of)); !slices.Equal(got, want) {
			t.Errorf("%s: %q: the schema has %v, the program %v", name, path, got, want)
		}
	}
}

// fieldsOf are the names of a struct's fields in JSON.
func fieldsOf(of reflect.Type) (names []string) {
	for _, f := range reflect.VisibleFields(of) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
