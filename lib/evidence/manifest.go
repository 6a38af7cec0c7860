package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Schema names the form of a bundle and its version. Of 1.1 on a bundle has a page.
const Schema = "sockproof/evidence/v1.1"

// schemaFirst is the oldest version that is read.
const schemaFirst = "sockproof/evidence/v1"

// schemaFamily is what the names of all versions begin with.
const schemaFamily = "sockproof/evidence/"

// manifest lists the files of a bundle.
type manifest struct {
	Schema string   `json:"schema"`
	Files  []listed `json:"files"`
}

// listed is one file.
type listed struct {
	Name   string `json:"name"`
	Size   int    `json:"size"`   // bytes
	SHA256 string `json:"sha256"` // hex
}

// manifestOf makes the manifest of files: their names in order, and nothing that
// does not follow from them.
func manifestOf(all files) []byte {
	names := slices.DeleteFunc(all.names(), func(name string) bool { return name == fileManifest })
	m := manifest{Schema: Schema, Files: make([]listed, len(names))}
	atOnce(len(names), func(i int) { m.Files[i] = listed{names[i], len(all[names[i]]), hashOf(all[names[i]])} })
	return m.encode()
}

func hashOf(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

// encode writes the one form of a manifest: a file on each line.
func (m *manifest) encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"schema\": %s,\n  \"files\": [", quoted(m.Schema))
	for i, f := range m.Files {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n    {\"name\": %s, \"size\": %d, \"sha256\": %s}", quoted(f.Name), f.Size, quoted(f.SHA256))
	}
	b.WriteString("\n  ]\n}\n")
	return b.Bytes()
}

func quoted(s string) []byte {
	b, _ := json.Marshal(s) // a string always has a form
	return b
}

// parseManifest reads a manifest, which must be in its one form.
func parseManifest(path string, b []byte) (*manifest, error) {
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, altered(fileManifest, "%v", err)
	}
	if version, ok := strings.CutPrefix(m.Schema, schemaFamily); ok && m.Schema != Schema && m.Schema != schemaFirst {
		return nil, &ForeignError{path, fmt.Sprintf("evidence of version %q; this program reads %s and %s", version, strings.TrimPrefix(schemaFirst, schemaFamily), strings.TrimPrefix(Schema, schemaFamily))}
	}
	if m.Schema != Schema && m.Schema != schemaFirst {
		return nil, &ForeignError{path, fmt.Sprintf("not evidence: %s has the schema %q, not %q", fileManifest, m.Schema, Schema)}
	}
	if !bytes.Equal(m.encode(), b) {
		return nil, altered(fileManifest, "not in its canonical form, from byte %d on", firstDifference(m.encode(), b))
	}
	return &m, nil
}

// firstDifference is where two texts part.
func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// check compares files with what the manifest says of them, and the list with the
// one that it must be.
func (m *manifest) check(all files) []Problem {
	var ps []Problem
	listed := map[string]bool{}
	for i, f := range m.Files {
		content, there := all[f.Name]
		switch {
		case i > 0 && f.Name <= m.Files[i-1].Name || f.Name == fileManifest:
			ps = append(ps, Problem{File: fileManifest, Text: fmt.Sprintf("lists %q out of order", f.Name)})
		case !there:
			ps = append(ps, Problem{File: f.Name, Text: "missing"})
		case len(content) != f.Size:
			ps = append(ps, Problem{File: f.Name, Text: fmt.Sprintf("altered: %d bytes, the manifest says %d", len(content), f.Size)})
		case hashOf(content) != f.SHA256:
			ps = append(ps, Problem{File: f.Name, Text: fmt.Sprintf("altered: its SHA-256 is %s, the manifest says %q", hashOf(content), f.SHA256)})
		}
		listed[f.Name] = true
	}
	for _, name := range all.names() {
		if name != fileManifest && !listed[name] {
			ps = append(ps, Problem{File: name, Text: "not listed in the manifest"})
		}
	}
	return ps
}
