package core

import (
	"context"
)

// txAggregate is an aggregate within a transaction.
type txAggregate[A any, ID, Pos comparable, M any] struct {
	tx      *Tx
	repo    *Repository[A, ID, Pos, M]
	id      ID
	loaded  loaded[A, Pos] // with the first events of those that follow
	version Version[Pos]   // as it was read
	values  []string       // that are unique, as they were read
	events  []Event        // that commands have emitted
	folded  int            // of them, into the loaded state
}

func (p *txAggregate[A, ID, Pos, M]) key() any { return p.repo.journal.rawKey(p.repo.key(p.id)) }

func (p *txAggregate[A, ID, Pos, M]) name() string { return p.repo.key(p.id).String() }

func (p *txAggregate[A, ID, Pos, M]) writes() bool { return len(p.events) > 0 }

func (p *txAggregate[A, ID, Pos, M]) exists() bool { return !p.version.IsZero() || p.writes() }

// load reads the aggregate, from the cache if that is allowed.
func (p *txAggregate[A, ID, Pos, M]) load(ctx context.Context) (err error) {
	cached := false
	if !p.tx.fresh {
		p.loaded, cached = p.repo.cache.get(ctx, p.id)
	}
	if cached {
		p.tx.cached = true
	} else if p.loaded, err = p.repo.load(ctx, p.id); err != nil {
		return err
	}
	p.version = p.loaded.version
	return nil
}

// start takes note of what the state is before the first command.
func (p *txAggregate[A, ID, Pos, M]) start() (err error) {
	p.values, err = p.repo.aggregate.values(p.loaded.state)
	return err
}

// run lets a command decide.
func (p *txAggregate[A, ID, Pos, M]) run(ctx context.Context, cmd Command[A]) error {
	if cmd == nil {
		return ErrNilCommand
	}
	p.identify(ctx, cmd)
	state, err := p.state()
	if err != nil {
		return err
	}
	events, err := p.repo.decide(loaded[A, Pos]{state: state}, cmd)
	p.events = append(p.events, events...)
	return err
}

// identify takes the transaction's fingerprint from its first command, and looks whether
// the aggregate knows the id.
func (p *txAggregate[A, ID, Pos, M]) identify(ctx context.Context, cmd Command[A]) {
	id := CommandID(ctx)
	if id == "" {
		return
	}
	if p.tx.command.id == "" {
		p.tx.command.id = id
		if print := fingerprint(cmd); print != "" {
			p.tx.command.fingerprint = hash("transaction", p.name(), print)
		}
	}
	if v, err := p.loaded.commands.find(command{id: id}); err != nil || !v.IsZero() {
		p.tx.seen = true
	}
}

// state returns the state after all events so far.
func (p *txAggregate[A, ID, Pos, M]) state() (A, error) {
	n, err := p.repo.advance(&p.loaded.state, p.events, p.folded)
	p.folded = n
	return p.loaded.state, err
}

// commits returns what is to be recorded of the aggregate.
func (p *txAggregate[A, ID, Pos, M]) commits(ctx context.Context) (any, []claim, error) {
	if !p.writes() || len(p.values) == 0 {
		return p.repo.journal.raw(p.commit(ctx)), nil, nil
	}
	state, err := p.state()
	if err != nil {
		return nil, nil, err
	}
	claims, err := p.repo.claims(p.id, p.values, state)
	return p.repo.journal.raw(p.commit(ctx)), claims, err
}

func (p *txAggregate[A, ID, Pos, M]) commit(ctx context.Context) Commit[ID, Pos, M] {
	if !p.writes() {
		return Commit[ID, Pos, M]{Key: p.repo.key(p.id), Expected: p.version}
	}
	c := p.repo.newCommit(ctx, p.id, p.version, p.events, p.tx.command)
	c.Unchecked = false // what a transaction has read is always checked
	return c
}

// recorded keeps the new state, and offers a snapshot.
func (p *txAggregate[A, ID, Pos, M]) recorded(ctx context.Context, answers any) {
	if !p.writes() {
		return
	}
	p.repo.recorded(ctx, p.id, p.version, p.repo.journal.answers(answers)[0])
	p.repo.offer(ctx, p.id, p.loaded.age(len(p.events)))
}

func (p *txAggregate[A, ID, Pos, M]) isCurrent(ctx context.Context) (bool, error) {
	v, err := p.repo.journal.version(ctx, p.repo.key(p.id))
	return v == p.version, err
}

func (p *txAggregate[A, ID, Pos, M]) lock() txLock {
	m := p.repo.retrying
	return txLock{
		name:   p.name(),
		lock:   func(ctx context.Context) (bool, error) { return m.lock(ctx, p.id) },
		unlock: func() { m.unlock(p.id) },
		isHeld: func() bool { return m.held(p.id) },
	}
}
