package file

import (
	"errors"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// shareAll lets others rename and remove a file that is open, as they can elsewhere: a lock is broken while its owner has it
// open. The open files of package os do not.
const shareAll = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE

// openFile opens a file of the state folder, and follows no link.
func openFile(path string, flag int) (*os.File, error) {
	access, mode := uint32(windows.GENERIC_READ), uint32(windows.OPEN_EXISTING)
	if flag&(os.O_WRONLY|os.O_RDWR) != 0 {
		access |= windows.GENERIC_WRITE
	}
	if flag&os.O_CREATE != 0 {
		mode = windows.OPEN_ALWAYS
	}
	h, err := open(path, access, mode)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}

func open(path string, access, mode uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, &os.PathError{Op: "open", Path: path, Err: err}
	}
	h, err := windows.CreateFile(name, access, shareAll, nil, mode, windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return 0, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return h, nil
}

// tryLock takes the lock of an open file, unless somebody has it. Closing the file gives it back, and so does the system when
// the process ends. What is locked is a byte far behind the content, because nobody else could read what is locked.
func tryLock(f *os.File, k kind) (bool, error) {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if k == exclusive {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION), errors.Is(err, windows.ERROR_IO_PENDING):
		return false, nil
	}
	return false, &os.PathError{Op: "lock", Path: f.Name(), Err: err}
}

// foreign finds nothing: who may do what is in access lists here, which are not looked at.
func foreign(os.FileInfo) string { return "" }

func permissions(os.FileInfo) os.FileMode { return 0 }

// rename also replaces a file that somebody has open, where the file system can.
func rename(from, to string) error {
	h, err := open(from, windows.DELETE|windows.SYNCHRONIZE, windows.OPEN_EXISTING)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(h)
	whole, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	name, err := windows.UTF16FromString(whole)
	if err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	type info struct { // FILE_RENAME_INFO
		flags  uint32
		root   windows.Handle
		length uint32 // of the name, in bytes
		name   [1]uint16
	}
	buffer := make([]uint64, (unsafe.Sizeof(info{})+uintptr(2*len(name)))/8+1) // of words, so that it is aligned
	r := (*info)(unsafe.Pointer(&buffer[0]))
	r.flags = windows.FILE_RENAME_REPLACE_IF_EXISTS | windows.FILE_RENAME_POSIX_SEMANTICS
	r.length = uint32(2 * (len(name) - 1))
	copy(unsafe.Slice(&r.name[0], len(name)), name)
	if windows.SetFileInformationByHandle(h, windows.FileRenameInfoEx, (*byte)(unsafe.Pointer(r)), uint32(8*len(buffer))) == nil {
		return nil
	}
	return os.Rename(from, to)
}

// remove takes away the name of a file at once, though somebody may have it open, where the file system can.
func remove(path string) error {
	h, err := open(path, windows.DELETE|windows.SYNCHRONIZE, windows.OPEN_EXISTING)
	if err != nil {
		return err
	}
	flags := uint32(windows.FILE_DISPOSITION_DELETE | windows.FILE_DISPOSITION_POSIX_SEMANTICS)
	err = windows.SetFileInformationByHandle(h, windows.FileDispositionInfoEx, (*byte)(unsafe.Pointer(&flags)), uint32(unsafe.Sizeof(flags)))
	if err = errors.Join(err, windows.CloseHandle(h)); err != nil {
		return os.Remove(path)
	}
	return nil
}

// syncFolder does nothing: Windows has no way to sync a folder, and NTFS keeps names in a journal of its own.
func (d *disk) syncFolder(string) error { return nil }
