package main

import (
	"bytes"
	"fmt"
	"strings"
)

// manPage is a program's manual page (man(7)).
func manPage(l *listing) []byte {
	var b bytes.Buffer
	name := l.Tool.Name
	fmt.Fprintf(&b, ".\\\" Written by make docs.\n.TH %s 1 \"\" \"sockproof %s\" \"User Commands\"\n", strings.ToUpper(name), roff(l.Tool.Version))
	arguments := " [\\fIscenario\\fR ...]"
	if len(l.Scenarios) == 0 {
		arguments = ""
	}
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.B %s\n[\\fIflags\\fR]%s\n", name, roff(l.Summary), name, arguments)
	for _, c := range l.Commands {
		fmt.Fprintf(&b, ".br\n.B %s %s\n[\\fIflags\\fR] %s\n", name, c.Name, roff(c.Args))
	}
	manDescription(&b, l)
	b.WriteString(".SH OPTIONS\n")
	manFlags(&b, l.Flags)
	b.WriteString(".SH COMMANDS\n")
	for _, c := range l.Commands {
		fmt.Fprintf(&b, ".SS %s %s %s\n%s\n", name, roff(c.Name), roff(c.Args), sentence(c.Usage))
		manFlags(&b, c.Flags)
		fmt.Fprintf(&b, ".PP\n%s\n", sentence("exit status: "+c.Exit))
		manExamples(&b, c.Examples)
	}
	manExit(&b, l)
	b.WriteString(".SH EXAMPLES\n")
	manExamples(&b, l.Examples)
	b.WriteString(".SH SEE ALSO\n")
	var others []string
	for _, other := range binaries {
		if other != name {
			others = append(others, ".BR "+other+" (1)")
		}
	}
	b.WriteString(strings.Join(append(others, ".BR tcp (7)", ".BR socket (7)"), ",\n") + "\n")
	return b.Bytes()
}

// manDescription says what the program does.
func manDescription(b *bytes.Buffer, l *listing) {
	if len(l.Scenarios) == 0 {
		fmt.Fprintf(b, ".SH DESCRIPTION\n%s\nFlags may stand anywhere before \\-\\-.\n", sentence(l.Does))
		return
	}
	fmt.Fprintf(b, ".SH DESCRIPTION\nMakes the running kernel, with real sockets, reproduce one documented TCP phenomenon, and reports the states\nthat were observed: %s.\nWithout a scenario it runs\n.BR %s ;\n.B all\nruns every one. Flags may stand anywhere before \\-\\-.\n", roff(l.Summary), roff(l.Scenarios[0].Name))
	b.WriteString(".SH SCENARIOS\n")
	for _, s := range l.Scenarios {
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(s.Name), sentence(s.Title))
	}
}

// manExit says what the exit statuses mean.
func manExit(b *bytes.Buffer, l *listing) {
	b.WriteString(".SH EXIT STATUS\n")
	if l.Exit != "" {
		b.WriteString(sentence(l.Exit) + "\n")
		return
	}
	for _, e := range [][2]string{
		{"0", "every scenario asked for was reproduced"},
		{"1", "at least one was not"},
		{"2", "bad usage: one line on standard error names it, and what is accepted"},
		{"3", "at least one was inconclusive, or the output or the evidence could not be written"},
		{"130, 143", "SIGINT, SIGTERM; what was recorded so far is still written"},
	} {
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", e[0], sentence(e[1]))
	}
}

func manFlags(b *bytes.Buffer, flags []flagListed) {
	for _, f := range flags {
		value := ""
		if f.Value != "" {
			value = " \\fI" + roff(f.Value) + "\\fR"
		}
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR%s\n%s\n", roff(f.Name), value, sentence(f.Usage))
	}
}

func manExamples(b *bytes.Buffer, all []example) {
	for _, e := range all {
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(e.Line), sentence(e.Does))
	}
}

// roff makes text fit for troff: what means something to it is escaped.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

// sentence begins with a capital and ends with a point.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return roff(strings.ToUpper(s[:1])+s[1:]) + "."
}
