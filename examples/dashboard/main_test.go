package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// asProgram makes the test binary the program itself.
const asProgram = "DASHBOARD_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program is the program in a process of its own.
type program struct {
	url     string
	process *exec.Cmd
	log     *bytes.Buffer // to be read when it has ended
}

// start starts the program on a directory, and returns when it listens.
func start(t *testing.T, dir, listen string) *program {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-dir", dir, "-listen", listen)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	p := &program{process: cmd, log: new(bytes.Buffer)}
	cmd.Stderr = p.log
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		if cmd.ProcessState == nil { // the test has failed
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, p.log)
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, line)
	p.url = url
	return p
}

// end sends a signal, and returns how the program ended.
func (p *program) end(signal os.Signal) error {
	if err := p.process.Process.Signal(signal); err != nil {
		return err
	}
	return p.process.Wait()
}

func (p *program) address() string { return strings.TrimPrefix(p.url, "http://") }

// post sends an order, as another client than the page does.
func (p *program) post(t *testing.T, verb, body string) {
	t.Helper()
	answer, err := http.Post(p.url+"/api/"+verb, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, 200, answer.StatusCode, string(text))
}

func (p *program) get(t *testing.T, path string) string {
	t.Helper()
	answer, err := http.Get(p.url + path)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(text)
}

func TestProgramEndsOnASignalAndGoesOnWhereItWas(t *testing.T) {
	dir := t.TempDir()
	for i, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt, os.Kill, syscall.SIGTERM} {
		p := start(t, dir, "127.0.0.1:0")
		require.Contains(t, p.get(t, "/api/stock"), fmt.Sprintf(`"pieces":%d,"moved":%d`, 120*i, 120*i))
		for range 120 { // a snapshot is taken each 100 events, and at the end
			p.post(t, "receive", `{"product":"Green tea","quantity":1}`)
		}
		err := p.end(signal)
		if signal != os.Kill {
			require.NoError(t, err, p.log)
		}
		require.NotContains(t, p.log.String(), "snapshot not")
	}
}

func TestRunLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, dir, "127.0.0.1:0", in) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	p := &program{url: strings.TrimSpace(strings.TrimPrefix(line, "listening on "))}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()

	// A browser that follows is no reason to go on.
	stream, err := client.Get(p.url + "/api/updates")
	require.NoError(t, err)
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	require.True(t, lines.Scan())
	require.Equal(t, "retry: 1000", lines.Text())

	cancel()
	require.NoError(t, <-ended)
	_, err = io.Copy(io.Discard, stream.Body)
	require.NoError(t, err, "the stream was cut and not ended")
	require.NoError(t, out.Close())
}

func TestRunRefusesWhatIsInUse(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "127.0.0.1:0")
	defer func() { require.NoError(t, p.end(syscall.SIGTERM)) }()
	err := run(t.Context(), t.TempDir(), p.address(), io.Discard)
	require.ErrorAs(t, err, new(*net.OpError))
	require.ErrorContains(t, run(t.Context(), dir, "127.0.0.1:0", io.Discard), "in use")
}
