package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What is no file stays what it is, and a link stays one.
func TestPut(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	content := func(name string) string {
		b, err := os.ReadFile(at(name))
		if err != nil {
			t.Error(err)
		}
		return string(b)
	}
	for _, err := range []error{
		os.WriteFile(at("old"), []byte("old"), 0o600),
		os.Symlink("target", at("dangling")),
		os.Symlink(at("old"), at("link")),
		syscall.Mkfifo(at("fifo"), 0o600),
		put(at("dangling"), []byte("1")), put(at("link"), []byte("2")), put(at("new"), []byte("3")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if content("target") != "1" || content("old") != "2" || content("new") != "3" {
		t.Errorf("%q, %q, %q", content("target"), content("old"), content("new"))
	}
	read := make(chan string)
	go func() { read <- content("fifo") }()
	if err := put(at("fifo"), []byte("4")); err != nil || <-read != "4" {
		t.Error(err)
	}
	for name, mode := range map[string]os.FileMode{"link": os.ModeSymlink, "dangling": os.ModeSymlink, "fifo": os.ModeNamedPipe} {
		if info, err := os.Lstat(at(name)); err != nil || info.Mode().Type() != mode {
			t.Errorf("%s is %v, %v", name, info, err)
		}
	}
}
