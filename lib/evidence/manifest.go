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

// encode writes a manifest: a file on each line.
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

// parseManifest reads a manifest, however it is laid out.
func parseManifest(path string, b []byte) (*manifest, error) {
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, altered(fileManifest, "%v", err)
	}
	version, ours := strings.CutPrefix(m.Schema, schemaFamily)
	switch {
	case !ours:
		return nil, &ForeignError{path, fmt.Sprintf("not evidence: %s has the schema %q, not %q", fileManifest, m.Schema, Schema)}
	case m.Schema != Schema && m.Schema != schemaFirst:
		return nil, &ForeignError{path, fmt.Sprintf("evidence of version %q; this program reads %s and %s", version, strings.TrimPrefix(schemaFirst, schemaFamily), strings.TrimPrefix(Schema, schemaFamily))}
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

// is says whether a content is the one that is listed.
func (l *listed) is(content []byte) bool {
	return len(content) == l.Size && hashOf(content) == l.SHA256
}

// lists says whether a file is listed.
func (m *manifest) lists(name string) bool {
	return slices.ContainsFunc(m.Files, func(f listed) bool { return f.Name == name })
}

// check holds files against what the manifest says of them. Those whose line ends alone
// were changed are put right, and named.
func (m *manifest) check(all files) (ps []Problem, changed []string) {
	named := map[string]bool{fileManifest: true}
	for _, f := range m.Files {
		content, there := all[f.Name]
		named[f.Name] = true
		switch {
		case !there:
			ps = append(ps, Problem{File: f.Name, Text: "missing"})
		case f.is(content):
		case f.is(withLF(content)):
			all[f.Name] = withLF(content)
			changed = append(changed, f.Name)
		case len(content) != f.Size:
			ps = append(ps, Problem{File: f.Name, Text: fmt.Sprintf("altered: %d bytes, the manifest says %d", len(content), f.Size)})
		default:
			ps = append(ps, Problem{File: f.Name, Text: fmt.Sprintf("altered: its SHA-256 is %s, the manifest says %q", hashOf(content), f.SHA256)})
		}
	}
	for _, name := range all.names() {
		if !named[name] {
			ps = append(ps, Problem{File: name, Text: "not listed in the manifest"})
		}
	}
	return ps, changed
}

// withLF undoes what puts CR and LF in the place of LF.
func withLF(content []byte) []byte { return bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")) }
