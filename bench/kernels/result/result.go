// Package result is what the claims and scenarios came to on one kernel: how it is kept
// in bench/kernels/results, merged over the places in which they were run, and how it
// differs from what another kernel said.
package result

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/claim"
)

// Folder is where results are kept, from the module's root, and Reference the name of those
// that the others are compared with: of the machine's own kernel.
const (
	Folder    = "bench/kernels/results"
	Reference = "reference"
)

// What an item comes to: for a claim its verdict, for a scenario its outcome, as reports
// name them, for a command without scenarios how it exited ("exit 0"). Slow is an
// inconclusive one for which the run was too slow: its time ran out, or its program did not
// run for a while.
const (
	Confirmed     = string(claim.Confirmed)
	Refuted       = string(claim.Refuted)
	Reproduced    = string(claim.Reproduced)
	NotReproduced = string(claim.NotReproduced)
	Inconclusive  = string(claim.Inconclusive)
	Slow          = "slow"
)

// Kernel is what was seen on one kernel.
type Kernel struct {
	Kernel string `json:"kernel"` // as uname names its release
	Debian string `json:"debian,omitempty"`
	Arch   string `json:"arch"`
	// Places are where each item was tried, as network, IP version and user ("veth-6-nobody").
	Places []string `json:"places"`
	// Items are claims ("SC1"), scenarios ("selfconnect direct") and commands ("sockscan").
	Items map[string]string `json:"items"`
	// Elsewhere has the places in which an item was decided otherwise than in Items.
	Elsewhere map[string]map[string]string `json:"elsewhere,omitempty"`
	// Because is why, for what was not kept in results: for whoever reads a difference.
	Because map[string]string `json:"-"`

	Name string `json:"-"` // of its file: "6.1"
}

// Decided says whether something was seen, whatever it was.
func Decided(came string) bool { return came != "" && came != Inconclusive && came != Slow }

// Difference is an item that came to something else than on the reference.
type Difference struct {
	Item string
	// Was and Is are what it came to on the reference and on the kernel: in one Place, or,
	// where that is empty, over all.
	Was, Is string
	Place   string
}

func (d Difference) String() string {
	if d.Place == "" {
		return fmt.Sprintf("%s where the other is %s", d.Is, d.Was)
	}
	return fmt.Sprintf("%s at %s, where the other is %s", d.Is, d.Place, d.Was)
}

// Against lists the items that differ from the reference. What was not run on both is no
// difference; nor is another reason for which nothing was decided; nor that a scenario was
// reproduced in fewer places: a race may be lost anywhere.
func (k *Kernel) Against(reference *Kernel) []Difference {
	var all []Difference
	for _, item := range slices.Sorted(maps.Keys(k.Items)) {
		was, is := reference.Items[item], k.Items[item]
		if was == "" || !Decided(was) && !Decided(is) {
			continue
		}
		if was != is {
			all = append(all, Difference{Item: item, Was: was, Is: is})
			continue
		}
		for _, place := range k.Places {
			is := k.Elsewhere[item][place]
			if is != "" && is != NotReproduced && is != reference.Elsewhere[item][place] {
				all = append(all, Difference{Item: item, Was: was, Is: is, Place: place})
				break
			}
		}
	}
	return all
}

// Load reads the results that are kept, by version, the reference apart.
func Load() (reference *Kernel, others []*Kernel, err error) {
	files, err := filepath.Glob(filepath.Join(Folder, "*.json"))
	if err != nil {
		return nil, nil, err
	}
	for _, path := range files {
		k, err := read(path)
		if err != nil {
			return nil, nil, err
		}
		if k.Name == Reference {
			reference = k
		} else {
			others = append(others, k)
		}
	}
	if reference == nil {
		return nil, nil, fmt.Errorf("%s has no %s.json", Folder, Reference)
	}
	slices.SortFunc(others, func(x, y *Kernel) int {
		return cmp.Or(slices.Compare(version(x.Name), version(y.Name)), strings.Compare(x.Name, y.Name))
	})
	return reference, others, nil
}

func read(path string) (*Kernel, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	k := &Kernel{Name: strings.TrimSuffix(filepath.Base(path), ".json")}
	if err := json.Unmarshal(content, k); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// Save keeps results.
func (k *Kernel) Save() error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	if err := e.Encode(k); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(Folder, k.Name+".json"), b.Bytes(), 0o644)
}

// Series is a kernel's version without what changes with each correction: "6.1".
func Series(release string) string {
	return fmt.Sprintf("%d.%d", version(release)[0], version(release)[1])
}

// version is the numbers with which a release begins, at least two.
func version(release string) []int {
	numbers := strings.FieldsFunc(release, func(r rune) bool { return r < '0' || r > '9' })
	v := make([]int, 2)
	for i := range v {
		if i < len(numbers) {
			v[i], _ = strconv.Atoi(numbers[i])
		}
	}
	return v
}
