package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// console is what a lesson lets its reader type, and what comes of it.
var console = regexp.MustCompile("(?ms)^```console.*?^```$")

// checkTranslated checks that each lesson has its translation, with the same commands: `make labs`
// types those of the original.
func checkTranslated() error {
	lessons, err := filepath.Glob("labs/[0-9]*.md")
	if err != nil || len(lessons) == 0 {
		return errors.Join(errors.New("no lessons"), err)
	}
	for _, lesson := range lessons {
		original, err := os.ReadFile(lesson)
		if err != nil {
			return err
		}
		page := filepath.Join("docs", "zh", lesson)
		translated, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		if !slices.Equal(console.FindAllString(string(original), -1), console.FindAllString(string(translated), -1)) {
			return fmt.Errorf("%s: its commands, or what comes of them, are not those of %s", page, lesson)
		}
	}
	return nil
}
