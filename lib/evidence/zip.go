package evidence

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A bundle as one file is a ZIP archive (PKWARE APPNOTE 6.3.10) that every
// program opens, in one form: the files in order of their names, one way of
// compression, one date, no comments, nothing before, between or behind. So an
// archive is compared with what its files would be written as, byte by byte.

// The records of an archive, and their lengths without names.
const (
	zipLocal   = 0x04034b50
	zipCentral = 0x02014b50
	zipEnd     = 0x06054b50

	zipLocalLen = 30
)

const (
	zipVersion  = 20           // 2.0: deflate
	zipUnix     = 3 << 8       // made on a system with modes
	zipDeflated = 8            // the method
	zipDate     = 0x21         // 1980-01-01, the first there is
	zipMode     = 0o100644     // a regular file that all may read
	zipMagic    = "PK\x03\x04" // how an archive with a file begins
)

// zipOf packs files.
func zipOf(all files) []byte {
	var b, central []byte
	names := all.names()
	deflated := make([][]byte, len(names))
	atOnce(len(names), func(i int) { deflated[i] = deflate(all[names[i]]) })
	for i, name := range names {
		at, packed := len(b), deflated[i]
		b = le(b, 4, zipLocal)
		b = zipCommon(b, name, all[name], packed)
		b = append(append(b, name...), packed...)

		central = le(central, 4, zipCentral)
		central = le(central, 2, zipUnix|zipVersion)
		central = zipCommon(central, name, all[name], packed)
		central = le(central, 2, 0) // comment
		central = le(central, 2, 0) // disk
		central = le(central, 2, 0) // internal attributes
		central = le(central, 2, 0) // attributes of other systems
		central = le(central, 2, zipMode)
		central = le(central, 4, at)
		central = append(central, name...)
	}
	start := len(b)
	b = append(b, central...)
	b = le(b, 4, zipEnd)
	b = le(b, 4, 0) // disks
	b = le(b, 2, len(names))
	b = le(b, 2, len(names))
	b = le(b, 4, len(central))
	b = le(b, 4, start)
	return le(b, 2, 0) // comment
}

// zipCommon writes what both records of a file have.
func zipCommon(b []byte, name string, content, packed []byte) []byte {
	b = le(b, 2, zipVersion)
	b = le(b, 2, 0) // flags
	b = le(b, 2, zipDeflated)
	b = le(b, 2, 0) // time
	b = le(b, 2, zipDate)
	b = le(b, 4, int(crc32.ChecksumIEEE(content)))
	b = le(b, 4, len(packed))
	b = le(b, 4, len(content))
	b = le(b, 2, len(name))
	return le(b, 2, 0) // extra field
}

// le appends the lowest n bytes of v, the lowest first.
func le(b []byte, n, v int) []byte {
	return append(b, binary.LittleEndian.AppendUint32(nil, uint32(v))[:n]...)
}

// notCanonical is what is said of an archive that another program may have packed.
const (
	notCanonical = "not as it was written, from byte %d on; " + repacked
	repacked     = "if another program has packed it: unpack it, and verify the folder"
)

// looksLikeBundle says whether an archive names what every bundle has, wherever: one
// name may have been altered.
func looksLikeBundle(b []byte) bool {
	return bytes.Contains(b, []byte(fileJournal)) || bytes.Contains(b, []byte(fileCapture))
}

// unzip reads an archive in the form of zipOf, of files that a bundle can have.
// The memory that it takes is bounded by maxBundle, whatever b says.
func unzip(path string, b []byte) (files, error) {
	if !bytes.HasPrefix(b, []byte(zipMagic)) {
		return nil, &ForeignError{path, "not evidence: neither a folder nor a .zip of one"}
	}
	all, total := files{}, 0
	at := 0
	for len(b)-at > zipLocalLen && binary.LittleEndian.Uint32(b[at:]) == zipLocal {
		h := b[at:]
		packed, size := binary.LittleEndian.Uint32(h[18:]), binary.LittleEndian.Uint32(h[22:])
		nameLen := int(binary.LittleEndian.Uint16(h[26:]))
		if int64(packed) > int64(len(h)-zipLocalLen-nameLen) {
			return nil, altered("", notCanonical, at)
		}
		name := string(h[zipLocalLen : zipLocalLen+nameLen])
		if len(all) == 0 && !looksLikeBundle(b) {
			return nil, &ForeignError{path, fmt.Sprintf("not evidence: a .zip of %q and the like", name)}
		}
		if !known(name) {
			return nil, altered("", "holds %q, which is no file of evidence", name)
		}
		if all[name] != nil {
			return nil, altered("", "holds %q twice", name)
		}
		if total += int(size); size > maxFile || total > maxBundle {
			return nil, tooLarge(path, name, int64(size))
		}
		content, err := inflate(h[zipLocalLen+nameLen:][:packed], int(size))
		if err != nil {
			return nil, altered(name, "%v; %s", err, repacked)
		}
		all[name] = content
		at += zipLocalLen + nameLen + int(packed)
	}
	if canonical := zipOf(all); !bytes.Equal(canonical, b) {
		return nil, altered("", notCanonical, firstDifference(canonical, b))
	}
	return all, nil
}
