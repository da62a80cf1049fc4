package powerfs_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/jetstream/cmd/faults/powerfs"
)

// program is the variable that makes the tests a program that mounts a file system
// on a directory, uses it and ends as its argument says.
const program = "JETSOURCE_POWERFS_PROGRAM"

// runProgram runs the program if this process was started to be one.
func runProgram() {
	dir := os.Getenv(program)
	if dir == "" {
		return
	}
	if err := runAndEnd(dir, os.Args[1]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func runAndEnd(dir, how string) error {
	if _, err := powerfs.Mount(dir, powerfs.Options{}); err != nil {
		return err
	}
	wrote := make(chan error)
	for i := range 4 {
		go func() { // waits for answers of its own process most of the time
			file, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
			for err == nil {
				_, err = file.WriteAt(make([]byte, 100), 0)
				wrote <- err
			}
			wrote <- err
		}()
	}
	for range 100 {
		if err := <-wrote; err != nil {
			return err
		}
	}
	go func() {
		for err := range wrote {
			if err != nil {
				panic(err)
			}
		}
	}()
	fmt.Println("mounted")
	switch how {
	case "panic":
		panic("on purpose")
	case "exit":
		os.Exit(3)
	}
	select {}
}

func TestNothingStaysMountedHoweverAProgramEnds(t *testing.T) {
	signals := map[string]syscall.Signal{"SIGKILL": syscall.SIGKILL, "SIGTERM": syscall.SIGTERM,
		"SIGINT": syscall.SIGINT, "SIGQUIT": syscall.SIGQUIT, "SIGSEGV": syscall.SIGSEGV}
	for _, how := range []string{"panic", "exit", "SIGKILL", "SIGTERM", "SIGINT", "SIGQUIT", "SIGSEGV"} {
		t.Run(how, func(t *testing.T) {
			mount(t, powerfs.Options{}) // or skip
			dir := t.TempDir()
			self, err := os.Executable()
			require.NoError(t, err)
			cmd := exec.Command(self, how)
			cmd.Env = append(os.Environ(), program+"="+dir)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			line, err := bufio.NewReader(out).ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "mounted\n", line)
			if s, ok := signals[how]; ok {
				require.True(t, mounted(t, dir))
				require.NoError(t, cmd.Process.Signal(s))
			}
			require.Error(t, cmd.Wait(), "the program ends")
			eventually(t, func() bool { return !mounted(t, dir) }, "it is unmounted")
		})
	}
}

func TestClose(t *testing.T) {
	f := mount(t, powerfs.Options{})
	u := user{t, f.Dir()}
	u.write("file", "text", 0)

	// Another program has a file open, and stands in the directory.
	cmd := exec.Command("sh", "-c", `cd "$0" && exec 3<>file && echo open && exec sleep 1000`, f.Dir())
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = out.Read(make([]byte, 1))
	require.NoError(t, err)
	file := u.open("file", os.O_RDWR)

	require.True(t, mounted(t, f.Dir()))
	require.NoError(t, f.Close())
	require.False(t, mounted(t, f.Dir()))
	_, err = file.Write([]byte("x"))
	require.Error(t, err)
	require.NoError(t, f.Close(), "again")
	require.Empty(t, read(t, f.Dir()))

	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	_ = file.Close() // which can fail
}

func TestAFileSystemCanBeMountedOnTheSameDirectoryAgain(t *testing.T) {
	f := mount(t, powerfs.Options{})
	user{t, f.Dir()}.write("file", "text", 0, syscall.O_SYNC)
	require.NoError(t, f.Close())
	again, err := powerfs.Mount(f.Dir(), powerfs.Options{})
	require.NoError(t, err)
	require.Empty(t, read(t, f.Dir()))
	require.NoError(t, again.Close())
}

func TestMountInNoMode(t *testing.T) {
	_, err := powerfs.Mount(t.TempDir(), powerfs.Options{Mode: 17})
	require.ErrorContains(t, err, "17")
}

func TestMountOnNoDirectory(t *testing.T) {
	mount(t, powerfs.Options{}) // or skip
	dir := filepath.Join(t.TempDir(), "none")
	_, err := powerfs.Mount(dir, powerfs.Options{})
	require.ErrorIs(t, err, syscall.ENOENT)
	require.ErrorContains(t, err, "mount "+dir)
	require.False(t, mounted(t, dir))
}
