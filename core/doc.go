// Package core is the event-sourcing library itself: events, the contract of an
// event store, aggregates, and the repository that runs commands on them. It knows
// of no database and imports the standard library only.
//
//	func (AccountOpened) EventKind() string  { return "account.opened" }
//	func (FundsDeposited) EventKind() string { return "account.deposited" }
//
//	var account = core.DefineAggregate("account",
//		core.On(func(a *Account, e AccountOpened) { a.Owner = e.Owner }),
//		core.On(func(a *Account, e FundsDeposited) { a.Balance += e.Amount }),
//	)
//
//	func (c Deposit) Handle(a Account) ([]core.Event, error) { … }
//
//	accounts := core.NewRepository(store, account)
//	version, err := accounts.Update(ctx, "ACC-001", Deposit{Amount: 100})
//
// # Terms
//
//   - An [Event] is a plain struct that names its own kind. A [Key] names an
//     aggregate, whose events are a sequence of its own inside the store.
//   - An [Aggregate] is a table of typed functions, made by [DefineAggregate] and
//     [On]. The table is also the registration: it says which kinds to load and which
//     types to decode.
//   - A [History] tells, with an event, of what kinds and payloads it was before.
//   - A [Command] is a value with a Handle method, which returns events for a
//     state. It is pure, so that a [Repository] can run it again.
//   - A [Version] is a position that may be absent: the version of an aggregate,
//     the version that a commit expects, the start of a read, the position of a
//     snapshot, and the token that lets a caller read its own write.
//
// [Transact] decides over several aggregates, and records one commit, only if nothing that it
// read has changed. In it, repositories are used by [Repository.In], and the inner ctx:
//
//	_, err := core.Transact(ctx, store, func(ctx context.Context, tx *core.Tx) error {
//		if err := books.In(tx).Update(ctx, "B-1", Lend{To: "ada"}); err != nil {
//			return err
//		}
//		return members.In(tx).Update(ctx, "ada", Borrow{Book: "B-1"})
//	})
//
// [Repository.WithMetadataFrom] records who did it, [Aggregate.WithUnique] declares values that
// one aggregate has, [WithCommandID] counts a command once, and [Repository.WithSnapshots]
// keeps states that are long to fold.
//
// Package projection has read models, package reactor acts on events. Package
// coretest tests what an application builds on these three.
//
// # Compile errors
//
// What the compiler says about likely mistakes, and what it means:
//
//   - "type core.Handler[Order] of core.On(…) does not match inferred type
//     core.Handler[Account]": a function in the table takes another state than
//     those before it.
//   - "E (type Deposited) does not satisfy core.Event (missing method EventKind)":
//     the function's event has no EventKind method.
//   - "E (type Deposited) does not satisfy core.Event (method EventKind has pointer
//     receiver)": declare it as func (Deposited) EventKind() string, because it is
//     called on the zero value.
//   - "core.EventStore[…] does not implement core.GloballyOrderedStore[…] (missing
//     method ComparePositions)": the function needs an order of all events, and the
//     variable's type, or the store, has none.
//   - "type *projection.Projection[…, int] of p does not match inferred type
//     *projection.Projection[…, string]": the handlers take Recorded events with
//     metadata of another type than the store's, which is the last type argument.
//
// A handler of a pointer to an event compiles, and panics when it is defined.
//
// # Stores
//
// What only authors of stores need is in files of its own. [EventStore] is the
// contract (store.go), [SnapshotStore] that of snapshots (snapshot.go). A store may
// have more abilities (abilities.go, system.go): [GloballyOrderedStore],
// [AtomicStore], [IdentifiedStore], [SubscribableStore], [ListingStore] and
// [SystemStore]. [ValidateAll] and [FailedCommit] (validate.go) check commits and
// report mistakes in them. Package memory is the shortest complete store; packages
// storetest and snapshottest check any store.
package core
