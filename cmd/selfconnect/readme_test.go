package main

import (
	"os"
	"strings"
	"testing"
)

// The picture in the README is what the recorded run of direct looks like.
func TestReadmeShowsTheRealOutput(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	picture, err := os.ReadFile("testdata/direct.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "$ make demo\n"+string(picture)+"```\n") {
		t.Error("README.md does not show testdata/direct.txt after \"$ make demo\": paste it there")
	}
}
