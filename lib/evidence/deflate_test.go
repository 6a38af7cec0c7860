package evidence

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// plainTexts are of all sorts: none, one byte, repetitions near and far, noise.
func plainTexts(t testing.TB) map[string][]byte {
	source, err := os.ReadFile("deflate.go")
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 70_000)
	for i, r := 0, rand.New(rand.NewPCG(1, 2)); i < len(noise); i++ {
		noise[i] = byte(r.Uint32())
	}
	return map[string][]byte{
		"none": {}, "one": {0xff}, "zeros": make([]byte, 100_000), "text": source,
		"noise": noise, "far": append(bytes.Clone(noise), noise...),
		"lengths":      []byte(strings.Repeat("abcd", 64) + "x" + strings.Repeat("abcd", 65) + "y" + strings.Repeat("abcd", 700)),
		"at the bound": bytes.Join([][]byte{[]byte("0123456789"), noise[:maxDistance-10], []byte("0123456789"), noise[:maxDistance-9], []byte("0123456789")}, nil),
	}
}

// TestDeflate lets the standard library read what is written here.
func TestDeflate(t *testing.T) {
	for name, b := range plainTexts(t) {
		z := deflate(b)
		got, err := io.ReadAll(flate.NewReader(bytes.NewReader(z)))
		if err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s: the standard library: %v", name, err)
		}
		if got, err := inflate(z, len(b)); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s: %v", name, err)
		}
		for _, size := range []int{len(b) - 1, len(b) + 1} {
			if size < 0 {
				continue
			}
			if _, err := inflate(z, size); err == nil {
				t.Errorf("%s: %d bytes are read as %d", name, len(b), size)
			}
		}
		if _, err := inflate(z[:len(z)-1], len(b)); err == nil {
			t.Errorf("%s: the last byte is not missed", name)
		}
	}
}

func TestInflateRefusesOtherForms(t *testing.T) {
	var z bytes.Buffer
	w, err := flate.NewWriter(&z, flate.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := inflate(z.Bytes(), 5); err == nil {
		t.Error("a stored block is accepted")
	}
}

func FuzzInflate(f *testing.F) {
	for _, b := range plainTexts(f) {
		if len(b) < 10_000 {
			f.Add(deflate(b), len(b))
		}
	}
	f.Fuzz(func(t *testing.T, z []byte, size int) {
		if size < 0 || size > 1<<20 {
			return
		}
		b, err := inflate(z, size)
		if err != nil {
			return
		}
		got, err := io.ReadAll(flate.NewReader(bytes.NewReader(z)))
		if err != nil || !bytes.Equal(got, b) {
			t.Errorf("the standard library reads something else: %v", err)
		}
	})
}
