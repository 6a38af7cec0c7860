package evidence

import (
	"testing"

	"sockproof/lib/privacy"
	"sockproof/lib/schematest"
)

// TestSchemaFields: the schemas have every field of what a bundle and verify say.
func TestSchemaFields(t *testing.T) {
	t.Parallel()
	schematest.Fields(t, "verify", map[string]any{"": Verified{}, "bundle": verifiedBundle{}, "problem": Problem{}, "run": verifiedRun{}})
	schematest.Fields(t, "machine", map[string]any{"": Machine{}, "run": RunFacts{}, "privacy": Privacy{}, "replaced": privacy.Replaced{}})
	schematest.Fields(t, "manifest", map[string]any{"": manifest{}, "file": listed{}})
	schematest.Fits(t, "manifest", manifestOf(files{"a": []byte("b")}))
}
