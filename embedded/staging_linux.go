package embedded

import "syscall"

// tmpfs is the type of a file system in memory.
const tmpfs = 0x01021994

// memoryFolder returns a folder in memory; empty if there is none.
func memoryFolder() string {
	const shm = "/dev/shm"
	var stat syscall.Statfs_t
	if err := syscall.Statfs(shm, &stat); err != nil || int64(stat.Type) != tmpfs { //nolint:unconvert // the type is another one on some machines
		return ""
	}
	return shm
}

// room returns how many bytes are free in a folder; none if it is not there, as after
// its removal by another program.
func room(dir string) uint64 {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 0
	}
	return stat.Bavail * uint64(stat.Bsize) //nolint:gosec // it is positive
}
