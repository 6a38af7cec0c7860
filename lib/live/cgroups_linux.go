package live

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxCgroups bounds how many are looked through.
const maxCgroups = 20_000

// Cgroups names cgroups of the unified hierarchy by their inodes: by the unit or container, or the path. It needs no
// privilege, only that hierarchy mounted.
func Cgroups(wanted map[uint64]bool) map[uint64]string {
	named, seen := map[uint64]string{}, 0
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(root + "/cgroup.controllers"); err != nil {
			continue // not mounted there
		}
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return fs.SkipDir // what cannot be read has no name
			}
			if !d.IsDir() {
				return nil
			}
			if seen++; seen > maxCgroups || len(named) == len(wanted) {
				return fs.SkipAll
			}
			if inode := inodeOf(d); wanted[inode] {
				named[inode] = cgroupName(strings.TrimPrefix(path, root))
			}
			return nil
		})
	}
	return named
}

func inodeOf(d fs.DirEntry) uint64 {
	info, err := d.Info()
	if err != nil {
		return 0
	}
	stat, is := info.Sys().(*syscall.Stat_t)
	if !is {
		return 0
	}
	return stat.Ino
}

func cgroupName(path string) string {
	if u := unitOf(path); u != "" {
		return u
	}
	if path == "" {
		return "the root cgroup"
	}
	return "cgroup " + path
}
