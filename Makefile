# make alone says what there is to make.

GO   ?= go
ARGS ?=
DATA ?= keep

# The packages whose tests take longest go first, so that none of them runs
# alone at the end; and two at a time, for ./test runs three clusters at once.
TESTS   = ./test ./edge ./jetstream ./sql ./bench/scenario ./test/fault ./test/cluster ./test/command ./audit ./...
AT_ONCE = -p 2 -parallel 2

# The race detector, spared the password hash: its every pass over 19 MiB would
# be watched word by word, three times as slow, though it shares nothing.
# Without a debugger's tables programs are linked in half the time.
RACE = -race -gcflags=golang.org/x/crypto/argon2=-race=false -ldflags='-s -w'

# A program that is watched for races sleeps for a second before a good end,
# unless it is told not to; and tests collect garbage less often than servers.
QUICK = GOGC=400 GORACE=atexit_sleep_ms=50

.DEFAULT_GOAL := help
.PHONY: help run build test bench fault check format vet lint house generated types clean go

help: ## print these lines
	@echo "natter: a chat backend that does not lose, double or reorder a message."
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  make run ARGS="-listen 127.0.0.1:9001,127.0.0.1:9002"   flags: bin/natter help run'

run: build ## start everything here and print the addresses to open; Ctrl-C stops it
	@[ -n "$$DATABASE_URL" ] || .ci/need postgresql
	@exec bin/natter run $(ARGS)

build: go ## build the commands into bin/
	$(GO) build -o bin/ ./cmd/...

test: go ## run every test, with the race detector: some ten minutes on two cores; TESTS="-run Zombie ./test"
	@.ci/need cc postgresql chromium nginx node npm
	$(QUICK) .ci/scratch $(GO) test $(AT_ONCE) -vet=off $(RACE) -shuffle=on -count=1 -timeout 20m $(TESTS)

bench: go ## measure: a short set of loads in some minutes, every delivery checked; ARGS="-scenario rooms -rate 8000"
	@.ci/need postgresql
	$(GO) run ./bench $(ARGS)

fault: go ## break a private natter on purpose, some minutes; ARGS="-seed 7 -faults 60"
	@.ci/need postgresql
	$(GO) run ./test/fault $(ARGS)

check: format vet lint house generated types ## look for what tests do not find
	@echo "check: all is well."

format: go
	@files=$$(gofmt -l $$(find . -name '*.go' -not -path '*/node_modules/*')); \
	[ -z "$$files" ] || { echo "These files are not formatted; run gofmt -w on them:"; echo "$$files"; exit 1; }

vet: go
	$(GO) vet ./...

lint: go
	$(GO) tool staticcheck ./...

house: go
	$(GO) test -count=1 -run 'TestArrowsOnlyGoDown|TestEachHouseRule' ./test

generated: go
	@GO=$(GO) .ci/fresh

types:
	@.ci/need npm
	cd web && npm ci --no-audit --no-fund --silent && npm run --silent check

clean: ## remove what was built; DATA=delete removes ./data, too
	rm -rf bin web/node_modules test/oidcprovider/node_modules
	@[ "$(DATA)" = delete ] || [ ! -e data ] || echo "./data is kept; make clean DATA=delete removes it."
	@[ "$(DATA)" != delete ] || rm -rf data

go:
	@command -v $(GO) >/dev/null || { echo "Go is not installed: get 1.26 or newer from https://go.dev/dl/."; exit 1; }
