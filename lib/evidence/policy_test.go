package evidence

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// aPage is a page of some other build.
func aPage(policy, body string) string {
	return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta http-equiv=\"Content-Security-Policy\" content=\"" + policy + "\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width\">\n<title>t</title>\n</head>\n<body>\n" + body + "</body>\n</html>\n"
}

const anyScript = "alert(1)"

// What a good policy begins and ends with, one, and the script that it allows.
var (
	policyHead, policyRest = "default-src 'none'; script-src ", "; base-uri 'none'; form-action 'none'"
	goodPolicy             = policyHead + sha(anyScript) + policyRest
	goodScript             = "<script>" + anyScript + "</script>\n"
)

// badPages are pages that may do more than show a report, and why.
var badPages = map[string]struct{ page, want string }{
	"nothing but a script": {"<script>alert(1)</script>everything REFUTED", "it does not begin with its policy"},
	"empty":                {"", "it has no Content-Security-Policy"},
	"text":                 {"everything REFUTED", "something is before its policy"},
	"another script":       {aPage(goodPolicy, goodScript+"<script>alert(2)</script>"), "<script> is not one that its policy allows"},
	"script from afar":     {aPage(goodPolicy, goodScript+"<script src=\"https://example.org/x.js\"></script>"), `<script>: src leads to "https://example.org/x.js"`},
	"module":               {aPage(goodPolicy, "<script type=\"module\">"+anyScript+"</script>"), "<script> is not one"},
	"no script":            {aPage(goodPolicy, ""), "its policy allows script-src " + sha(anyScript) + ", which is not there"},
	"handler":              {aPage(goodPolicy, goodScript+"<p onclick=\"alert(1)\">x</p>"), "<p>: onclick is a script"},
	"upper handler":        {aPage(goodPolicy, goodScript+"<p OnClick=\"alert(1)\">x</p>"), "something is no plain tag"},
	"image":                {aPage(goodPolicy, goodScript+"<img src=\"https://example.org\">"), "it has <img>"},
	"link":                 {aPage(goodPolicy, goodScript+"<a href=\"https://example.org\">x</a>"), `<a>: href leads to "https://example.org"`},
	"link to a script":     {aPage(goodPolicy, goodScript+"<a href=\"javascript:x\">x</a>"), "<a>: href leads to"},
	"refresh":              {aPage(goodPolicy, goodScript+"<meta http-equiv=\"refresh\" content=\"0;url=https://example.org\">"), "<meta> that is neither"},
	"frame":                {aPage(goodPolicy, goodScript+"<iframe srcdoc=\"x\"></iframe>"), "it has <iframe>"},
	"form":                 {aPage(goodPolicy, goodScript+"<form></form>"), "it has <form>"},
	"comment":              {aPage(goodPolicy, "<!-- "+goodScript+" -->"), "something is no plain tag"},
	"unquoted":             {aPage(goodPolicy, goodScript+"<p class=x>x</p>"), "something is no plain tag"},
	"style":                {aPage(goodPolicy, goodScript+"<p style=\"background:url(x)\">x</p>"), "<p>: it has a style"},
	"style element":        {aPage(goodPolicy, goodScript+"<style>p{}</style>"), "<style> is not one"},
	"script in a title":    {aPage(goodPolicy, "<title>"+goodScript+"</title>"), "<script> where it is read in another way"},
	"script in a picture":  {aPage(goodPolicy, "<svg>"+goodScript+"</svg>"), "<script> where it is read in another way"},
	"script with a tag":    {aPage(policyHead+sha("<!--<script>")+policyRest, "<script><!--<script></script>"), "<script> has a tag in it"},
	"misnested":            {aPage(goodPolicy, goodScript+"<p><b></p></b>"), "</p> closes nothing"},
	"policy too late":      {strings.Replace(aPage(goodPolicy, goodScript), "<meta charset=\"utf-8\">", "<title>x</title>", 1), "it does not begin with its policy"},
	"no policy":            {strings.Replace(aPage(goodPolicy, goodScript), "Content-Security-Policy", "x", 1), "<meta> that is neither"},
	"anything":             {aPage("default-src *", goodScript), "its policy allows default-src *"},
	"inline":               {aPage(policyHead+"'unsafe-inline'"+policyRest, goodScript), "its policy allows script-src 'unsafe-inline'"},
	"no default":           {aPage("script-src "+sha(anyScript)+policyRest, goodScript), "its policy does not say default-src"},
	"no script-src":        {aPage("default-src 'none'"+policyRest, ""), "its policy does not say script-src"},
	"twice":                {aPage(goodPolicy+"; script-src 'none'", goodScript), "its policy has script-src twice"},
	"upper case":           {aPage("Default-Src 'none'; "+goodPolicy, goodScript), "its policy has Default-Src twice, or in another form"},
	"odd blank":            {aPage("default-src\u00a0'none'; "+goodPolicy, goodScript), "its policy has characters that are not plain"},
	"odd letter":           {strings.Replace(aPage(goodPolicy, goodScript), "Security", "\u017fecurity", 1), "<meta> that is neither"},
	"odd blank before":     {strings.Replace(aPage(goodPolicy, goodScript), "<html", "\u00a0<html", 1), "something is before its policy"},
	"odd blank in head":    {strings.Replace(aPage(goodPolicy, goodScript), "<head>", "<head>\v", 1), "something is before its policy"},
	"character references": {aPage("default-src&Tab;*; "+goodPolicy, goodScript), "its policy has characters that are not plain, or stand for others"},
}

// TestPolicy: whichever build made a page, it runs what its policy names, and does
// nothing else.
func TestPolicy(t *testing.T) {
	for name, page := range map[string]string{
		"another script": aPage(goodPolicy, goodScript),
		"none":           aPage(policyHead+"'none'"+policyRest, "<p>a &lt;b&gt; > c</p><hr><svg viewBox=\"0 0 1 1\"><path d=\"M0 0\"/><g></g></svg>"),
		"data":           aPage(goodPolicy, "<script type=\"application/json\" id=\"p\">{}</script>"+goodScript),
		"this build's":   string(rendered(t, sample(t))[filePage]),
	} {
		if _, err := checkPage(page); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, tt := range badPages {
		if _, err := checkPage(tt.page); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
		all := rendered(t, sample(t))
		all[filePage] = []byte(tt.page)
		all[fileManifest] = manifestOf(without(all, fileManifest))
		if tt.page != "" {
			wantFound(t, all, elsewhere(), "report.html: "+tt.want)
		}
	}
}

// TestUnknownScript: a script may go to any page, whatever the policy; so one that no
// version has is named.
func TestUnknownScript(t *testing.T) {
	for _, known := range []bool{true, false} {
		all := rendered(t, sample(t))
		if !known {
			all[filePage] = []byte(aPage("default-src 'none'; script-src "+sha(anyScript)+"; base-uri 'none'; form-action 'none'", "<script>"+anyScript+"</script>\n"))
		}
		all[fileManifest] = manifestOf(without(all, fileManifest))
		r, err := verify("e", all, elsewhere())
		if err != nil || !r.Holds() {
			t.Fatal(err, r.Problems)
		}
		if named := strings.Contains(strings.Join(r.Unchecked, "\n"), "what its script does, which is none that this version knows"); named == known {
			t.Errorf("known: %v; not checked: %q", known, r.Unchecked)
		}
	}
}

func FuzzPage(f *testing.F) {
	f.Add(string(rendered(f, sample(f))[filePage]))
	f.Add(aPage("default-src 'none'; script-src 'none'; base-uri 'none'; form-action 'none'", "<p>x</p>"))
	f.Fuzz(func(t *testing.T, page string) {
		if _, err := checkPage(page); err == nil && !strings.Contains(page, "default-src 'none'") {
			t.Error("a page without a policy is let pass")
		}
	})
}
