package sock

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// goFile is a descriptor as Go's os package has it. It is not closed: the
// descriptor is the child's for good.
func goFile(fd int) *os.File {
	switch fd {
	case 1:
		return os.Stdout
	case 2:
		return os.Stderr
	}
	if files[fd] == nil {
		files[fd] = os.NewFile(uintptr(fd), "socket")
	}
	return files[fd]
}

// files keeps them, or they would be closed when collected.
var files = map[int]*os.File{}

// errBeyond is that write(2) returned more than it was given, at which os.File panics.
var errBeyond = errors.New("write returned more than it was given")

// writeByGo writes as a Go program does.
func writeByGo(fd int, b []byte) (r returned) {
	defer func() {
		if recover() != nil {
			r = returned{err: errBeyond}
		}
	}()
	n, err := goFile(fd).Write(b)
	return returned{n: n, data: moved(b, n), err: err}
}

// sendFile sends a file's content (sendfile(2)).
func sendFile(fd int, content []byte) returned {
	file, err := unix.MemfdCreate("content", unix.MFD_CLOEXEC)
	if err != nil {
		return returned{err: err}
	}
	defer unix.Close(file)
	if _, err := unix.Pwrite(file, content, 0); err != nil {
		return returned{err: err}
	}
	n, err := unix.Sendfile(fd, file, nil, len(content))
	return returned{n: n, data: moved(content, n), err: err}
}

// spliceIn sends what is in a pipe (splice(2)).
func spliceIn(fd int, content []byte) returned {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return returned{err: err}
	}
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	if _, err := unix.Write(pipe[1], content); err != nil {
		return returned{err: err}
	}
	n, err := unix.Splice(pipe[0], nil, fd, nil, len(content), 0)
	return returned{n: int(n), data: moved(content, int(n)), err: err}
}
