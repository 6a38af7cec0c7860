package evidence

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"sockproof/lib/report"
)

// policy checks that the page can do nothing but what its policy lets it, whichever
// build made it: whoever opens a stranger's page trusts it as far as that.
func (v *verifier) policy() {
	page := v.files[filePage]
	if page == nil {
		return // missing says so
	}
	scripts, err := checkPage(string(page))
	switch {
	case err != nil:
		v.problem(Problem{File: filePage, Text: err.Error()})
	case slices.ContainsFunc(scripts, func(hash string) bool { return !report.IsPageScript(hash) }):
		// No policy keeps a script from going to another page.
		v.unchecked("%s: what its script does, which is none that this version knows: it may show anything, and lead anywhere%s", filePage, again[filePage])
	default:
		v.checked("%s: it runs its own script, fetches nothing, and leads nowhere", filePage)
	}
}

// checkPage reads a page as every browser would, which it ensures by taking no more
// of HTML than a report needs: a tag is closed in the order it was opened by, its
// attributes are quoted, and no element is there whose inside is read in another way
// but style and script. It returns the hashes of its scripts, as its policy has them.
func checkPage(page string) (scripts []string, err error) {
	p := &pageReader{rest: page}
	for p.rest != "" {
		if err := p.next(); err != nil {
			return nil, fmt.Errorf("%w, at byte %d", err, len(page)-len(p.rest))
		}
	}
	switch {
	case p.allowed == nil:
		return nil, errors.New("it has no Content-Security-Policy")
	case len(p.open) > 0:
		return nil, fmt.Errorf("<%s> is not closed", p.open[len(p.open)-1])
	}
	for allowed, used := range p.allowed {
		if !used {
			return nil, fmt.Errorf("its policy allows %s, which is not there", allowed)
		}
		if hash, is := strings.CutPrefix(allowed, "script-src "); is {
			scripts = append(scripts, hash)
		}
	}
	return scripts, nil
}

// pageReader goes through a page.
type pageReader struct {
	rest    string
	tags    int // so far
	open    []string
	allowed map[string]bool // the hashes of scripts and styles that may be there; whether they are. nil: no policy yet
}

// A page begins so, lest anything be before the policy.
var pageBegins = []string{"html", "head", "meta", "meta"}

const doctype = "<!doctype html>"

// The elements of a page: those of text, tables and pictures. Any other may be read
// in another way, or fetch something.
var pageElements = fields(`
	a abbr article aside b body br button caption code col colgroup dd details div dl dt em figcaption figure footer
	h1 h2 h3 h4 h5 h6 head header hr html i kbd li main meta nav ol p pre s samp script section small span strong
	style sub summary sup table tbody td tfoot th thead time title tr u ul var wbr
	circle clippath defs ellipse g line marker path polygon polyline rect svg symbol text tspan use`)

// Those that are never closed.
var voidElements = []string{"br", "col", "hr", "meta", "wbr"}

// The attributes whose value is an address, and those that are a page of their own.
var addressAttributes = fields(`
	action background cite classid codebase data formaction href longdesc manifest ping poster profile src srcdoc
	srcset usemap xlink:href`)

// fields splits words when they are needed: most command lines never read a page.
func fields(words string) func() []string {
	return sync.OnceValue(func() []string { return strings.Fields(words) })
}

// pattern compiles an expression when it is needed.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

var (
	tagPattern       = pattern(`^<(/?)([a-z][a-z0-9]*)((?: [a-z][a-zA-Z0-9:-]*(?:="[^"<>]*")?)*) ?(/?)>`)
	attributePattern = pattern(` ([a-z][a-zA-Z0-9:-]*)(?:="([^"<>]*)")?`)
)

// next takes a tag, and what text is before it.
func (p *pageReader) next() error {
	if p.tags == 0 && p.allowed == nil && strings.HasPrefix(p.rest, doctype) && len(p.open) == 0 {
		p.rest = p.rest[len(doctype):]
	}
	at := strings.IndexByte(p.rest, '<')
	if at < 0 {
		at = len(p.rest)
	}
	// What a browser takes for a blank is not what Unicode does: a line's end is.
	if p.allowed == nil && strings.Trim(p.rest[:at], "\n") != "" {
		return errors.New("something is before its policy")
	}
	p.rest = p.rest[at:]
	if p.rest == "" {
		return nil
	}
	m := tagPattern().FindStringSubmatch(p.rest)
	if m == nil {
		return errors.New("something is no plain tag")
	}
	name, end, alone := m[2], m[1] == "/", m[4] == "/"
	if !slices.Contains(pageElements(), name) {
		return fmt.Errorf("it has <%s>, which no report has", name)
	}
	if p.tags < len(pageBegins) && (name != pageBegins[p.tags] || end) {
		return errors.New("it does not begin with its policy")
	}
	p.tags++
	if !end {
		attributes, err := attributesOf(m[3])
		if err != nil {
			return fmt.Errorf("<%s>: %w", name, err)
		}
		p.rest = p.rest[len(m[0]):]
		return p.begin(name, attributes, alone)
	}
	if m[3] != "" || alone || len(p.open) == 0 || p.open[len(p.open)-1] != name {
		return fmt.Errorf("</%s> closes nothing", name)
	}
	p.open = p.open[:len(p.open)-1]
	p.rest = p.rest[len(m[0]):]
	return nil
}

// attributesOf reads attributes, of which none may run a script, fetch anything or
// lead out of the page.
func attributesOf(text string) (map[string]string, error) {
	all := map[string]string{}
	for _, m := range attributePattern().FindAllStringSubmatch(text, -1) {
		name, value := strings.ToLower(m[1]), m[2]
		switch _, twice := all[name]; {
		case twice:
			return nil, fmt.Errorf("it has %s twice", name)
		case strings.HasPrefix(name, "on"):
			return nil, fmt.Errorf("%s is a script", name)
		case name == "style":
			return nil, errors.New("it has a style of its own")
		case slices.Contains(addressAttributes(), name) && !strings.HasPrefix(value, "#"):
			return nil, fmt.Errorf("%s leads to %q", name, value)
		}
		all[name] = value
	}
	return all, nil
}

// begin opens an element.
func (p *pageReader) begin(name string, attributes map[string]string, alone bool) error {
	switch name {
	case "meta":
		return p.meta(attributes)
	case "script", "style":
		if alone || p.allowed == nil || len(p.open) != 2 { // of the head or the body, and of nothing within
			return fmt.Errorf("<%s> where it is read in another way", name)
		}
		return p.raw(name, attributes)
	}
	switch {
	case p.tags > len(pageBegins) && (name == "html" || name == "head"):
		return fmt.Errorf("another <%s>", name)
	case slices.Contains(voidElements, name):
	case alone && !slices.Contains(p.open, "svg"):
		return fmt.Errorf("<%s/> is not closed by that", name)
	case !alone:
		p.open = append(p.open, name)
	}
	return nil
}

// meta allows a page's encoding, the one policy, and how wide it is shown.
func (p *pageReader) meta(attributes map[string]string) error {
	policy, isPolicy := attributes["content"], attributes["http-equiv"] == "Content-Security-Policy"
	switch {
	case p.tags == 3 && len(attributes) == 1 && attributes["charset"] == "utf-8":
		return nil
	case p.tags == 4 && len(attributes) == 2 && isPolicy:
		var err error
		p.allowed, err = parsePolicy(policy)
		return err
	case p.tags > 4 && len(attributes) == 2 && attributes["name"] != "" && policy != "" && attributes["name"] != "referrer":
		return nil
	}
	return errors.New("<meta> that is neither its encoding nor its policy")
}

// parsePolicy reads the hashes that a policy allows. It must allow nothing else
// (Content Security Policy Level 3, §2.2).
func parsePolicy(policy string) (map[string]bool, error) {
	hash := regexp.MustCompile(`^'sha256-[A-Za-z0-9+/]{43}='$`)
	allowed, seen := map[string]bool{}, map[string]bool{}
	if strings.ContainsFunc(policy, func(r rune) bool { return r < ' ' || r > '~' || r == '&' }) {
		return nil, errors.New("its policy has characters that are not plain, or stand for others")
	}
	for directive := range strings.SplitSeq(policy, ";") {
		words := strings.Fields(directive)
		if len(words) == 0 {
			continue
		}
		name := words[0]
		if seen[name] || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") != "" {
			return nil, fmt.Errorf("its policy has %s twice, or in another form", name)
		}
		seen[name] = true
		for _, w := range words[1:] {
			isHash := (name == "script-src" || name == "style-src") && hash.MatchString(w)
			if !isHash && w != "'none'" {
				return nil, fmt.Errorf("its policy allows %s %s", name, w)
			}
			if isHash {
				allowed[name+" "+w] = false
			}
		}
	}
	for _, name := range []string{"default-src", "script-src", "base-uri", "form-action"} {
		if !seen[name] {
			return nil, fmt.Errorf("its policy does not say %s", name)
		}
	}
	return allowed, nil
}

// raw takes the inside of a script or a style, which the policy must name; data
// for a script is no script.
func (p *pageReader) raw(name string, attributes map[string]string) error {
	inside, rest, closed := strings.Cut(p.rest, "</"+name+">")
	switch {
	case !closed:
		return fmt.Errorf("<%s> is not closed", name)
	case strings.Contains(inside, "<!--") || strings.Contains(strings.ToLower(inside), "</"+name) || strings.Contains(strings.ToLower(inside), "<script"):
		return fmt.Errorf("<%s> has a tag in it", name)
	}
	p.rest = rest
	if name == "script" && attributes["type"] == "application/json" {
		return nil
	}
	sum := sha256.Sum256([]byte(inside))
	hash := name + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if _, ok := p.allowed[hash]; !ok || len(attributes) > 0 {
		return fmt.Errorf("<%s> is not one that its policy allows", name)
	}
	p.allowed[hash] = true
	return nil
}
