package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// link is a link of Markdown, or a picture, and where it goes.
var link = regexp.MustCompile(`\]\(([^()\s]+)\)`)

// checkLinks checks that what a page of the tree refers to is there: files, and in
// pages the headings. Other sites are not asked.
func checkLinks() error {
	out, err := exec.Command("git", "ls-files", "*.md").Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	for page := range strings.FieldsSeq(string(out)) {
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if err := checkLink(page, m[1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkLink(page, to string) error {
	if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
		return nil
	}
	path, heading, _ := strings.Cut(to, "#")
	target := page
	if path != "" {
		target = filepath.Join(filepath.Dir(page), path)
	}
	info, err := os.Stat(target)
	if err != nil {
		return fmt.Errorf("%s refers to %s, which is not there", page, to)
	}
	if heading == "" || info.IsDir() {
		return nil
	}
	text, err := os.ReadFile(target)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if title, is := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); is && strings.HasPrefix(line, "#") && anchor(title) == heading {
			return nil
		}
	}
	return fmt.Errorf("%s refers to %s, which has no such heading", page, to)
}

// anchor is what GitHub makes of a heading.
func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 0x80:
			return r
		}
		return -1
	}, strings.ToLower(strings.TrimSpace(title)))
}
