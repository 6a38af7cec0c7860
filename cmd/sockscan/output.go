package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sockproof/lib/cli"
)

// show writes a round in the format that was asked for, to stdout or a file.
func (o *options) show(c *cli.Context, r *scanReport) error {
	var b bytes.Buffer
	if err := o.render(c, r, &b); err != nil {
		return err
	}
	if o.output != "" {
		return put(o.output, b.Bytes())
	}
	_, err := c.Out.Write(b.Bytes())
	_ = err // the program's output keeps it, and it decides the exit status
	return nil
}

// render writes the report in a format.
func (o *options) render(c *cli.Context, r *scanReport, b *bytes.Buffer) error {
	switch c.Format() {
	case formatText:
		r.writeRound(b)
		text := b.String()
		b.Reset()
		style := c.Style
		style.Unicode = style.Unicode || o.output != ""
		b.WriteString(style.Plain(text))
		return nil
	case formatMetrics:
		r.writeMetrics(b)
		return nil
	case formatJSONL:
		return r.writeRecords(b)
	}
	e := json.NewEncoder(b)
	if o.every == 0 {
		e.SetIndent("", "  ")
	}
	return e.Encode(r)
}

// writeRecords writes the report as records, one a line: start, findings, end.
func (r *scanReport) writeRecords(w io.Writer) error {
	e := json.NewEncoder(w)
	whole := *r
	whole.Findings = nil
	for i := range r.Findings {
		if err := e.Encode(struct {
			Record string `json:"record"`
			*scanFinding
		}{"finding", &r.Findings[i]}); err != nil {
			return err
		}
	}
	return e.Encode(struct {
		Record string `json:"record"`
		*scanReport
	}{"look", &whole})
}

// put writes to a file. One that is there already, or a name that is free, is replaced at once: a
// collector never reads half of it. What else has the name, as a device or a FIFO, is written to.
func put(path string, content []byte) error {
	path, plain, err := destinationOf(path)
	if err != nil {
		return err
	}
	if plain {
		return replace(path, content)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// destinationOf follows symbolic links. plain: a file has that name, or nothing.
func destinationOf(path string) (target string, plain bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if link, err := os.Readlink(path); err == nil { // to what is not there yet
			if !filepath.IsAbs(link) {
				link = filepath.Join(filepath.Dir(path), link)
			}
			return link, true, nil
		}
		return path, true, nil
	}
	if err != nil {
		return "", false, err
	}
	target, err = filepath.EvalSymlinks(path)
	return target, info.Mode().IsRegular(), err
}

// replace replaces a file by one with this content.
func replace(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it is of no use
	}
	return err
}
