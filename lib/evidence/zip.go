package evidence

import (
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"sync"
	"time"
)

// zipOf packs files, in order of their names and with one date: the same files are the
// same archive.
func zipOf(all files) ([]byte, error) {
	names := all.names()
	packed, errs := make([][]byte, len(names)), make([]error, len(names))
	atOnce(len(names), func(i int) { packed[i], errs[i] = deflated(all[names[i]]) })
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, name := range names {
		if errs[i] != nil {
			return nil, errs[i]
		}
		h := &zip.FileHeader{
			Name: name, Method: zip.Deflate, Modified: zipDate, CRC32: crc32.ChecksumIEEE(all[name]),
			CompressedSize64: uint64(len(packed[i])), UncompressedSize64: uint64(len(all[name])),
		}
		h.SetMode(fileMode)
		f, err := w.CreateRaw(h)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(packed[i]); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// zipDate is the first that an archive can have.
var zipDate = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// deflaters are used again, for each begins with a megabyte of its own. The quickest level
// makes 50 kB of most runs.
var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(io.Discard, flate.BestSpeed) // fails for levels alone that there are not
	return w
}}

func deflated(content []byte) ([]byte, error) {
	var b bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&b)
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}

// What archives begin with, and each record of their list of files.
var (
	zipMagic  = []byte("PK\x03\x04")
	zipRecord = []byte("PK\x01\x02")
	zipEnd    = []byte("PK\x05\x06")
)

// zipEndLen is the length of the record that ends an archive, without its comment (APPNOTE 4.3.16).
const zipEndLen = 22

// bzip2Method is a method of compression that some programs choose (APPNOTE 4.4.5).
const bzip2Method = 12

// isEncrypted is the flag of a file that is (APPNOTE 4.4.4).
const isEncrypted = 1

// membersOfArchive lists the files of a .zip, of any making.
// remarks say what else is in it.
func membersOfArchive(path string) (members []member, remarks []string, err error) {
	b, err := readFile(path, "", maxBundle)
	if err != nil {
		return nil, nil, err
	}
	if !bytes.HasPrefix(b, zipMagic) {
		return nil, nil, &ForeignError{path, "not evidence: neither a folder nor a .zip of one"}
	}
	if bytes.Count(b, zipRecord) > maxMembers { // each would be listed before any is looked at
		return nil, nil, &ForeignError{path, fmt.Sprintf("not evidence: a .zip of more than %d files", maxMembers)}
	}
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, nil, altered("", "the archive is truncated or damaged: %v", err)
	}
	r.RegisterDecompressor(bzip2Method, func(r io.Reader) io.ReadCloser { return io.NopCloser(bzip2.NewReader(r)) })
	for _, f := range r.File {
		if local := localName(b, f); local != f.Name {
			return nil, nil, altered("", "the archive lists %q, and where that file stands it is called %q", f.Name, local)
		}
		name := strings.ReplaceAll(f.Name, `\`, "/") // some programs of Windows write it so
		if strings.HasSuffix(name, "/") {
			continue // a folder
		}
		members = append(members, member{
			name: name, size: int64(min(f.UncompressedSize64, 1<<62)), regular: f.Mode().IsRegular(),
			open: func() (io.ReadCloser, error) { return openPacked(path, f) },
		})
	}
	if end := bytes.LastIndex(b, zipEnd); r.Comment != "" || end >= 0 && end+zipEndLen < len(b) {
		remarks = append(remarks, fmt.Sprintf("%s behind the archive's files, a comment or others, which were not looked at", count(int64(len(b)-end-zipEndLen), "byte")))
	}
	return members, remarks, nil
}

// localName is a file's name in front of its content, which programs that unpack while they read go by
// (APPNOTE 4.3.7). Where there is none, opening it will say so.
func localName(b []byte, f *zip.File) string {
	const header, length = 30, 26 // of the header, and where in it the name's length stands
	data, err := f.DataOffset()
	at := -1
	if err == nil {
		at = bytes.LastIndex(b[:data], zipMagic)
	}
	if at < 0 || int64(at+header) > data {
		return f.Name
	}
	name := b[at+header : data]
	return string(name[:min(int(binary.LittleEndian.Uint16(b[at+length:])), len(name))])
}

// openPacked opens a file of an archive.
func openPacked(path string, f *zip.File) (io.ReadCloser, error) {
	if f.Flags&isEncrypted != 0 {
		return nil, &ForeignError{path, "the archive is encrypted: unpack it, and verify the folder"}
	}
	r, err := f.Open()
	switch {
	case errors.Is(err, zip.ErrAlgorithm):
		return nil, &ForeignError{path, fmt.Sprintf("its files are compressed by method %d, which this program does not read: unpack it, and verify the folder", f.Method)}
	case err != nil:
		return nil, altered(f.Name, "the archive is truncated or damaged: %v", err)
	}
	return &packed{r, f.Name}, nil
}

// packed is a file of an archive: what cannot be unpacked is damaged.
type packed struct {
	io.ReadCloser
	name string
}

func (p *packed) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = altered(p.name, "the archive is truncated or damaged: %v", err)
	}
	return n, err
}
