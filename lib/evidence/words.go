package evidence

import (
	"bytes"
	"fmt"
	"strings"

	"sockproof/lib/report"
)

// renderings compares every file with what this program makes of the same journals.
// If it is the build that made them, each must be that. Another may use other words:
// then files that differ are named, with how to have them in this one's words.
func (v *verifier) renderings(schema string) error {
	if !v.Holds() {
		return nil // what was found says more than that
	}
	made, errs := make([][]byte, len(renderings)), make([]error, len(renderings))
	atOnce(len(renderings), func(i int) { made[i], errs[i] = renderings[i].make(v.bundle) })
	here := sameBuild(v.Machine.Tool, v.judge.Tool)
	if here && schema != Schema {
		v.problem(Problem{File: fileManifest, Text: fmt.Sprintf("its schema is %q; this version's is %q", schema, Schema)})
	}
	var alike []string
	for i, r := range renderings {
		written := v.files[r.name]
		switch {
		case here && errs[i] != nil:
			return altered(r.name, "%v", errs[i])
		case errs[i] == nil && written != nil && bytes.Equal(made[i], written):
			alike = append(alike, r.name)
		case here:
			v.problem(Problem{File: r.name, Text: fmt.Sprintf("not what this version makes of the journal, from byte %d on", firstDifference(made[i], written))})
		case written != nil:
			v.unchecked("%s: %s: made by %s, judged by %s, which writes another from byte %d on%s", r.name, uncompared[r.name],
				buildOf(v.Machine.Tool), buildOf(v.judge.Tool), firstDifference(made[i], written), again[r.name])
		}
	}
	if len(alike) == len(renderings) {
		v.checked("every byte of every file: it is what this version makes of the journal")
	} else if len(alike) > 0 {
		v.checked("every byte of %s: it is what this version makes of the journal", strings.Join(alike, ", "))
	}
	return nil
}

// uncompared is what of a file of another build is not compared.
var uncompared = map[string]string{
	filePage:    "all that it says",
	fileReport:  "the words of its titles, statements, sources, reasons, disagreements and tables",
	fileStory:   "all that it says",
	fileCapture: "the words of its comments and descriptions",
}

// again says how to have a file in this build's words, if it can be had.
var again = map[string]string{
	filePage:   "; --format html makes it again",
	fileReport: "; --format text tells them again",
	fileStory:  "; --format markdown makes it again",
}

// dirty is how a commit ends whose sources had been changed.
const dirty = "-dirty"

// sameBuild says whether a bundle was made by the very sources of this program.
func sameBuild(made, here report.Tool) bool {
	return made.Commit != "" && !strings.HasSuffix(made.Commit, dirty) && made.Version == here.Version && made.Commit == here.Commit
}

// buildOf names a build, as far as it is known.
func buildOf(t report.Tool) string {
	if t.Commit == "" {
		return t.Version + " of an unknown commit"
	}
	return t.Version + " " + t.Commit
}
