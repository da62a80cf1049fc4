package powerfs

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

const device = "/dev/fuse"

// FS is a mounted file system. Its methods may be called at any time.
type FS struct {
	dir      string
	volume   *volume
	watchdog *watchdog
	served   chan struct{} // closed when no more requests are served
	close    func() error
}

// Mount mounts an empty file system on a directory. The error matches
// [ErrNotAvailable] where that cannot be done at all. However this process ends,
// the file system ends with it: a process of its own sees to that.
func Mount(dir string, opts Options) (_ *FS, err error) {
	if opts.Mode < DropAll || opts.Mode > KeepAll {
		return nil, fmt.Errorf("mount %s: no mode has the number %d", dir, opts.Mode)
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if f, err := os.OpenFile(device, os.O_RDWR, 0); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotAvailable, err)
	} else if err := f.Close(); err != nil {
		return nil, err
	}
	f := &FS{dir: dir, volume: newVolume(), served: make(chan struct{})}
	f.close = sync.OnceValue(f.unmount)
	if f.watchdog, err = startWatchdog(dir); err != nil {
		return nil, fmt.Errorf("mount %s: %w", dir, err)
	}
	if err := f.serve(opts); err != nil {
		f.watchdog.stop()
		if errors.Is(err, syscall.EPERM) {
			err = fmt.Errorf("%w: %w", ErrNotAvailable, err)
		}
		return nil, fmt.Errorf("mount %s: %w", dir, err)
	}
	return f, nil
}

// serve mounts the file system and begins to serve requests.
func (f *FS) serve(opts Options) error {
	options := &fs.Options{MountOptions: fuse.MountOptions{
		DirectMountStrict:  true, // without fusermount
		DisableReadDirPlus: true,
		DisableXAttrs:      true,
		FsName:             "powerfs",
		Name:               "powerfs",
		MaxWrite:           fuse.MAX_KERNEL_WRITE,
		Logger:             log.New(io.Discard, "", 0), // it tells of requests that an unmount ends
		PanicHandler:       func(reason any) fuse.Status { panic(reason) },
	}}
	raw := fs.NewNodeFS(&node{vol: f.volume, inode: f.volume.root}, options)
	// The device must not be passed on to another program: with a copy of it the
	// file system would not end with this process, and its calls would wait for ever.
	syscall.ForkLock.RLock()
	server, err := fuse.NewServer(raw, f.dir, &options.MountOptions)
	closeOnExec()
	syscall.ForkLock.RUnlock()
	if err != nil {
		var errno syscall.Errno
		if !errors.As(err, &errno) { // it was mounted, and did not begin
			err = errors.Join(err, detach(f.dir))
		}
		return err
	}
	go func() {
		defer close(f.served)
		server.Serve()
	}()
	err = server.WaitMount()
	if err == nil {
		err = f.refuseFlush()
	}
	if err != nil {
		return errors.Join(err, f.detach())
	}
	f.volume.setOptions(opts)
	return nil
}

// refuseFlush closes a file of the file system: the answer is that this takes no
// request, and the system makes none from then on. Otherwise a process that ends
// with a file open would wait for an answer of its own, and its watchdog for the
// end of the process.
func (f *FS) refuseFlush() error {
	file, err := os.Create(filepath.Join(f.dir, "flush"))
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), f.Lose()) // which leaves nothing of it
}

// closeOnExec marks what this process has open of the device.
func closeOnExec() {
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, fd := range fds {
		if to, _ := os.Readlink("/proc/self/fd/" + fd.Name()); to == device {
			var n int
			if _, err := fmt.Sscan(fd.Name(), &n); err == nil {
				syscall.CloseOnExec(n)
			}
		}
	}
}

// Dir is where the file system is mounted.
func (f *FS) Dir() string { return f.dir }

// Lose loses power: what was not durable is gone, but for what the mode lets
// survive. The programs that use the file system must have been killed before;
// what is open is stale (ESTALE). It can be used again at once.
func (f *FS) Lose() error {
	f.volume.mu.Lock()
	defer f.volume.mu.Unlock()
	if err := f.volume.lose(); err != nil {
		return fmt.Errorf("lose power of %s: %w", f.dir, err)
	}
	return nil
}

// Sync makes all that was written durable, as sync(2) does, and as a system does
// by itself in the course of half a minute. This file system does not do so by
// itself.
func (f *FS) Sync() {
	f.volume.mu.Lock()
	defer f.volume.mu.Unlock()
	f.volume.syncAll()
}

// Close unmounts the file system, also if it is in use, and forgets all of it.
// Another call returns what the first one did.
func (f *FS) Close() error { return f.close() }

func (f *FS) unmount() error {
	err := f.detach()
	f.watchdog.stop()
	return errors.Join(err, f.volume.close())
}

// detach takes the file system away from its directory, and ends the requests
// that were made of it.
func (f *FS) detach() error {
	if err := detach(f.dir); err != nil {
		return fmt.Errorf("unmount %s: %w", f.dir, err)
	}
	<-f.served
	return nil
}

func detach(dir string) error { return unix.Unmount(dir, unix.MNT_FORCE|unix.MNT_DETACH) }
