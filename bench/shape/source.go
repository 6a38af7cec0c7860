package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// source is a Go file.
type source struct {
	path string
	file *ast.File
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// parseTree parses every Go file, those that other platforms or tags are for among them.
func parseTree(fset *token.FileSet, root string) ([]source, error) {
	var all []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "bin", "testdata"}, d.Name()) {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		all = append(all, source{path, f})
		return err
	})
	return all, err
}

// in returns the files in one folder.
func in(all []source, dir string) []source {
	return slices.DeleteFunc(slices.Clone(all), func(s source) bool { return filepath.Dir(s.path) != filepath.Clean(dir) })
}

// under returns the files in a folder and in those below it.
func under(all []source, dir string) []source {
	return slices.DeleteFunc(slices.Clone(all), func(s source) bool { return !strings.HasPrefix(s.path, filepath.Clean(dir)+"/") })
}

// uses resolves the names of a package that its own files declare. What is imported is not
// loaded: errors are expected, and ignored.
func uses(fset *token.FileSet, files []source) *types.Info {
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	c := types.Config{Error: func(error) {}, Importer: nothing{}, FakeImportC: true}
	var parsed []*ast.File
	for _, s := range files {
		parsed = append(parsed, s.file)
	}
	_, _ = c.Check("main", fset, parsed, info)
	return info
}

// nothing is an importer that has no packages.
type nothing struct{}

func (nothing) Import(string) (*types.Package, error) { return nil, fs.ErrNotExist }

// lines counts the lines of files: all that there are.
func lines(files []source) (n int, err error) {
	for _, s := range files {
		b, err := os.ReadFile(s.path)
		if err != nil {
			return 0, err
		}
		n += strings.Count(string(b), "\n")
	}
	return n, nil
}
