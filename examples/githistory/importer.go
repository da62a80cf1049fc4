package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// maxFiles is how many files one atomic commit may touch: CommitAll takes 1,000
// events, and one of them is that of the import.
const maxFiles = 1000 - 1

// importer records git commits behind those that a store has.
type importer struct {
	store    *store
	state    *state
	head     string
	progress *progress
	out      report
}

// importHistory brings the store from where it is to head.
func importHistory(ctx context.Context, s *store, repo *repository, head string, p *progress, out report) error {
	st, err := load(ctx, s)
	if err != nil {
		return err
	}
	if err := describe(ctx, st, repo, head, out); err != nil {
		return err
	}
	if head != "" {
		total, err := repo.count(ctx, st.done, head)
		if err != nil {
			return err
		}
		p.begin(total)
		im := &importer{store: s, state: st, head: head, progress: p, out: out}
		for c, err := range repo.commits(ctx, st.done, head) {
			if err == nil {
				err = im.record(ctx, c)
			}
			if err != nil {
				p.end()
				return err
			}
		}
		p.end()
	}
	if st.done != head || st.begun.Hash != "" {
		return &rewrittenError{recorded: st.last(), head: head}
	}
	return nil
}

// describe tells where the import begins. That the repository has lost the
// commit at which it stopped is found here, since git could not go on from it.
func describe(ctx context.Context, st *state, repo *repository, head string, out report) error {
	if head == "" {
		out.printf("%s has no commits\n", repo.dir)
	}
	if st.done != "" {
		if ok, err := repo.has(ctx, st.done); err != nil {
			return err
		} else if !ok {
			return &rewrittenError{recorded: st.last(), head: head}
		}
	}
	switch {
	case st.begun.Hash != "":
		out.printf("going on within %.12s, after part %d of %d\n", st.begun.Hash, st.begun.Part, st.begun.Parts)
	case st.done != "":
		out.printf("going on after %.12s, %d commits are recorded\n", st.done, st.commits)
	}
	return nil
}

// record records one git commit: whole, or in parts if it touches too many files
// for one atomic commit. Parts that are recorded already are left out.
func (im *importer) record(ctx context.Context, c *commit) error {
	st := im.state
	parts := (max(len(c.changes), 1) + maxFiles - 1) / maxFiles
	if c.parent != st.done || st.begun.Hash != "" && (st.begun.Hash != c.hash || st.begun.Parts != parts) {
		return &rewrittenError{recorded: st.last(), head: im.head}
	}
	if parts > 1 {
		im.progress.end()
		im.out.printf("commit %.12s touches %d files: split into %d parts\n", c.hash, len(c.changes), parts)
	}
	for part := st.begun.Part + 1; part <= parts; part++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped before git commit %s, run again to go on: %w", c.hash, err)
		}
		changes := c.changes[(part-1)*maxFiles : min(part*maxFiles, len(c.changes))]
		if err := im.recordPart(ctx, c, ImportCommit{Hash: c.hash, Part: part, Parts: parts}, changes); err != nil {
			return fmt.Errorf("record git commit %s: %w", c.hash, err)
		}
	}
	im.progress.commit()
	return nil
}

// recordPart records some changes of a git commit, and that they are recorded.
func (im *importer) recordPart(ctx context.Context, c *commit, part ImportCommit, changes []change) error {
	commits := make([]core.Commit[string, uint64, Meta], 0, len(changes)+1)
	add := func(key core.Key[string], expected core.Version[uint64], event core.Event) {
		commits = append(commits, core.Commit[string, uint64, Meta]{
			Key: key, Expected: expected, Events: []core.Event{event}, Metadata: c.meta,
		})
	}
	add(progressKey, im.state.version, part)
	for _, ch := range changes {
		id := fileID(string(ch.file.Path))
		add(core.Key[string]{Kind: "file", ID: id}, im.state.fileVersion(id), ch.event())
	}
	// An interrupt waits for the commit under way: its outcome is then known.
	committed, err := im.store.Commit(context.WithoutCancel(ctx), commits...)
	switch {
	case errors.Is(err, core.ErrConflict):
		return fmt.Errorf("another import is at work on this store: %w", err)
	case errors.Is(err, core.ErrUnknownOutcome):
		return fmt.Errorf("run again to go on with what the store has: %w", err)
	case err != nil:
		return err
	}
	for i, rec := range commits {
		if err := im.state.apply(rec.Key.ID, rec.Events[0], core.At(committed[i].Position)); err != nil {
			return err
		}
	}
	im.progress.recorded(len(commits))
	return nil
}

// last is the git commit that was recorded last, be it in part.
func (st *state) last() string {
	if st.begun.Hash != "" {
		return st.begun.Hash
	}
	return st.done
}

// rewrittenError reports a store whose history is not the beginning of the
// repository's.
type rewrittenError struct{ recorded, head string }

func (e *rewrittenError) Error() string {
	if e.head == "" {
		return fmt.Sprintf("store ends with git commit %s, but the repository has no commits: history was rewritten, or this is another repository", e.recorded)
	}
	return fmt.Sprintf("store ends with git commit %s, which is not on the first-parent history of %s: history was rewritten, or this is another repository; import it into a store of its own", e.recorded, e.head)
}
