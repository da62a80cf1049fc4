// Githistory imports the history of a git repository into an event store, and
// proves that nothing was lost on the way.
//
//	go run ./examples/githistory [-dir DIR] [-nats URL] [-every TIME] REPO
//
// Each path that the repository ever had is an aggregate, and each commit on the
// first-parent history of HEAD is one atomic commit over the files it touches:
// CommitAll with an event file.added, file.modified or file.deleted for each of
// them. When all are in, the files are folded from all of the events and
// compared with the tree of HEAD. Any difference is a failure.
//
// An aggregate of its own says how far the import has come. Its event is
// recorded in the same atomic commit as those of the files, so that the two can
// never disagree: an import that was interrupted, by whatever, goes on where it
// stopped when the program is run again, and a second importer on the same store
// is refused by the version it expects.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not ask
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "githistory:", err)
		os.Exit(1)
	}
}

// errUsage is returned for a command line that was explained already.
var errUsage = errors.New("wrong usage")

// options is what the command line says.
type options struct {
	dir   string        // of the embedded server
	nats  string        // a server to use instead; empty for none
	every time.Duration // between two reports of progress
	repo  string
}

func parseArgs(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("githistory", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.dir, "dir", "githistory-data", "`directory` of the embedded server")
	flags.StringVar(&o.nats, "nats", "", "`URL` of a server to use instead of the embedded one")
	flags.DurationVar(&o.every, "every", time.Second, "`time` between two reports of progress")
	flags.Usage = func() {
		report{stderr}.printf("usage: githistory [-dir DIR] [-nats URL] [-every TIME] REPO\n")
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, err
	case err != nil:
		return o, errUsage
	case flags.NArg() != 1:
		flags.Usage()
		return o, errUsage
	}
	o.repo = flags.Arg(0)
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseArgs(args, stderr)
	if err != nil {
		return err
	}
	repo, err := openRepository(ctx, o.repo)
	if err != nil {
		return err
	}
	// HEAD may move meanwhile: what is imported and what it is compared with
	// must be the same commit.
	head, err := repo.head(ctx)
	if err != nil {
		return err
	}
	return withStore(ctx, o, func(s *store) error {
		out, p := report{stdout}, newProgress(stderr, o.every)
		if err := importHistory(ctx, s, repo, head, p, out); err != nil {
			return err
		}
		out.printf("this run:    %v\n", p)
		return verify(ctx, s, repo, head, out)
	})
}
