# What one does here. `make` prints this list.

GO       ?= go
FUZZTIME ?= 10s

# The linter is a tool of the build, not a dependency of the module.
LINT_VERSION := v2.15.0
LINT         := .cache/bin/golangci-lint
# The tests and the linter have the same flags, so that all is compiled once for both: with
# the race detector; without inlining, which takes longer than it saves, and what a debugger needs.
# The collector of a compiler may wait for 3 GB in all.
FLAGS        := -race '-gcflags=-l -dwarf=false'
LINT_ALL     := GOGC=300 GOFLAGS="$(FLAGS)" $(CURDIR)/$(LINT) run ./... # vet is one of them
TEST         := $(GO) test $(FLAGS) -vet=off

.PHONY: help
help: ## Print what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## Run the quickstart: a store in a directory, some accounts, a conflict
	$(GO) run ./examples/quickstart

.PHONY: test
test: check ## Check and test everything, with the race detector
	$(MAKE) -j 2 --output-sync=target test-module test-modules

.PHONY: test-module test-modules
test-module: # what takes longest begins first
	$(TEST) -p 3 -parallel 4 -timeout 30m ./jetstream ./...
test-modules: # one after the other: two linters at a time are an error
	$(MAKE) test-readmodel
	$(MAKE) test-observe

.PHONY: soak
soak: ## The long forms of what make test does in short (an hour)
	JETSOURCE_SOAK=1 $(GO) test -race -count=1 -timeout 60m ./jetstream ./core/... ./codec/sealed ./kvsnapshot ./embedded ./jetstream/cmd/jetsource
	cd core/readmodel/pgxmodel && JETSOURCE_SOAK=1 $(GO) test -count=1 -timeout 30m -v -run 'Killed' .
	$(MAKE) faults FAULTS="-for 20m -faults 40 -commits 100000"
	$(MAKE) power

.PHONY: check
check: $(LINT) ## Formatting, vet and linters
	@test -z "$$(gofmt -l .)" || { gofmt -d .; exit 1; }
	$(LINT_ALL)

.PHONY: browser
browser: ## Test the pages of the dashboard, the shop and jetsource ui in a headless Chromium; screenshots in .cache/screenshots
	@command -v chromium >/dev/null || { echo "needs chromium: make chromium"; exit 1; }
	JETSOURCE_BROWSER=required JETSOURCE_SCREENSHOTS=$(CURDIR)/.cache/screenshots \
		$(GO) test -count=1 -run '^TestPage|^TestMove' ./examples/dashboard ./jetstream/cmd/jetsource/ui
	cd examples/shop && JETSOURCE_BROWSER=required JETSOURCE_SCREENSHOTS=$(CURDIR)/.cache/screenshots \
		$(GO) test -count=1 -run '^TestPage' .

.PHONY: chromium
chromium: ## Install Chromium (Debian; as root)
	apt-get update && apt-get install -y chromium

.PHONY: fuzz
fuzz: ## Fuzz all that encodes and decodes, FUZZTIME each
	@for target in $$(grep -rho --include='*_test.go' '^func Fuzz[A-Za-z]*' . | sed 's/func //' | sort -u); do \
		package=$$(dirname $$(grep -rl --include='*_test.go' "^func $$target(" . | head -n 1)); \
		echo "$$target in $$package"; \
		$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
	done

FAULTS ?= -for 60s -faults 4 -commits 5000

.PHONY: faults
faults: ## A cluster of three servers under faults; longer: FAULTS="-for 20m -sync always -seed 1"
	@mkdir -p .cache
	$(GO) build -o .cache/faults ./jetstream/cmd/faults
	.cache/faults $(FAULTS)

.PHONY: power
power: ## Servers and stores on a file system that loses power, LOSSES times each, synced and lazy (Linux, as root, /dev/fuse)
	$(GO) test -tags power -count=1 -v -timeout 90m ./jetstream/cmd/faults/powerfs $(if $(LOSSES),-losses $(LOSSES))
	$(MAKE) faults FAULTS="-kinds 'power loss,power loss of one' -sync always -faults 4"
	$(MAKE) faults FAULTS="-kinds 'power loss of one' -sync lazy -faults 4"

.PHONY: bench
bench: ## Ours against the raw client, in turns, as a table; BENCH="-events 10000000" for more
	$(GO) run ./jetstream/cmd/bench $(BENCH)

PEERS := jetstream/cmd/bench/peers

.PHONY: bench-peers
bench-peers: ## Ours against PostgreSQL and SQLite, in turns, as a table; BENCH="-events 100000 -run async" for less
	@$(NEEDS_POSTGRES)
	@mkdir -p .cache
	cd $(PEERS) && $(GO) build -o $(CURDIR)/.cache/peers .
	.cache/peers $(BENCH)

.PHONY: test-peers
test-peers: $(LINT) ## Check and test what bench-peers compares with
	@$(NEEDS_POSTGRES)
	cd $(PEERS) && $(LINT_ALL) && $(TEST) -count=1 -timeout 10m ./...

# The modules with drivers of databases.
READMODELS := core/readmodel/pgxmodel examples/shop

.PHONY: test-readmodel
test-readmodel: $(LINT) ## Check and test read models in SQLite and, where it is installed, PostgreSQL
	@$(HAS_POSTGRES) || { echo "PostgreSQL is not installed (make postgres): its tests do not run"; test "$$JETSOURCE_POSTGRES" != required; }
	for module in $(READMODELS); do \
		(cd $$module && $(LINT_ALL) && $(TEST) -count=1 -timeout 10m ./...) || exit 1; \
	done

# The modules with libraries of what a program is watched by, or speaks to.
OBSERVE := core/otel examples/cloudevents

.PHONY: test-observe
test-observe: $(LINT) ## Check and test OpenTelemetry, its dashboard and CloudEvents
	for module in $(OBSERVE); do \
		(cd $$module && $(LINT_ALL) && $(TEST) -count=1 -timeout 10m ./...) || exit 1; \
	done

.PHONY: bench-readmodel
bench-readmodel: ## Read models against the plain loop, rebuilds and latencies; EVENTS=500000 for more
	@$(NEEDS_POSTGRES)
	cd core/readmodel/pgxmodel && JETSOURCE_FIGURES=$(or $(EVENTS),100000) $(GO) test -count=1 -timeout 60m -v -run Figures .

.PHONY: postgres
postgres: ## Install PostgreSQL (Debian; as root)
	apt-get update && apt-get install -y postgresql

HAS_POSTGRES = { ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null; }
NEEDS_POSTGRES = $(HAS_POSTGRES) || { echo "needs PostgreSQL: make postgres"; exit 1; }

.PHONY: gobench
gobench: ## The same kind of comparison as Go benchmarks, for profiles
	$(GO) test -run '^$$' -bench . -benchtime 2s ./jetstream ./kvsnapshot

$(LINT):
	@mkdir -p .cache/bin
	GOBIN=$(CURDIR)/.cache/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
