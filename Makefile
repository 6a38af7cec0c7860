# make demo   build, watch a socket connect to itself, and a line of each other phenomenon
# make test   the tests; needs Go alone
# make help   everything else

GO      ?= go
PREFIX  ?= /usr/local
VERSION ?= 0.1.0
COMMIT  := $(shell git describe --always --dirty --exclude '*' 2>/dev/null)

# Without this tag the command line library carries a Markdown renderer along.
TAGS    := urfave_cli_no_docs
LDFLAGS := -s -w -X sockproof/lib/cli.version=$(VERSION) -X sockproof/lib/cli.commit=$(COMMIT)
# What runs once gains nothing by being inlined, and takes a twentieth of a binary. sockscan does its work
# for each socket of a machine, and is a fifth slower without.
ONCE    := lib/tcp lib/claim lib/report lib/evidence cmd/...
GCFLAGS := $(ONCE:%=-gcflags=sockproof/%=-l) -gcflags=sockproof/cmd/sockscan=
BUILD   := CGO_ENABLED=0 $(GO) build -trimpath -tags $(TAGS) $(GCFLAGS)

LINTER_VERSION := v2.15.0
LINTER         := bin/tools/golangci-lint-$(LINTER_VERSION)

PACKAGES := ./...

BINARIES := selfconnect simopen halfclose lingerreset staleresp backlog deadpeer idleclose timewait handshake delayack zerowindow sockscan badpeer

.PHONY: help demo build install uninstall test race lint docs labs browser bench bench-watch shape lies worlds worlds-sample faults faults-sample soak kernels platforms fuzz clean

help:
	@echo 'make demo                build, and run the default scenario of each'
	@echo 'make build               every binary into bin/'
	@echo 'make install PREFIX=DIR  binaries, manual pages and completions, under DIR (default /usr/local)'
	@echo 'make uninstall PREFIX=DIR'
	@echo 'make test                the tests, without a C compiler'
	@echo 'make race                the tests under the race detector, with a C compiler'
	@echo 'make lint                the linter, and a build for every platform'
	@echo 'make labs                type every command of the lessons, and compare'
	@echo 'make browser             evidence in a real browser; needs chromium, node and npm'
	@echo 'make docs                write the pages that are made from the programs'
	@echo 'make fuzz                each fuzz target for ten seconds'
	@echo 'make bench               measure, and rewrite bench/RESULTS.md'
	@echo 'make bench-watch         measure what it costs to be watched; root'
	@echo 'make shape               measure the code, and rewrite that part of bench/RESULTS.md'
	@echo 'make lies                tell small lies about every recording, and rewrite that part of bench/RESULTS.md'
	@echo 'make worlds              every scenario where something interferes; root, nft, an hour'
	@echo 'make worlds-sample       some of them, in two minutes'
	@echo 'make kernels             the binaries on Debian kernels, in qemu, two minutes each; root'
	@echo '                         KERNELS="6.1 newest" ARCH=arm64 FULL=1 LIMIT=seconds KEEP=1; KERNELS=here'
	@echo 'make platforms           the portable tests on 386, and on s390x in qemu-user'
	@echo 'make faults              each system call of each binary fails once; root, half an hour'
	@echo 'make faults-sample       some of them, in a minute'
	@echo 'make soak N=1            every scenario N times on a machine that is not idle; root, an hour each'

# What cannot be had on this machine says so, and ends nothing.
demo: build
	@bin/selfconnect
	@echo
	@for b in $(filter-out selfconnect sockscan badpeer,$(BINARIES)); do bin/$$b --quiet || [ $$? = 3 ] || exit 1; done
	@echo
	@echo 'More of any: its name, with --ladder; all its scenarios: NAME all. What this machine suffers from: bin/sockscan.'
	@echo 'Your own program against a peer that misbehaves: bin/badpeer reset -- CMD. What is possible here: bin/selfconnect check.'

build:
	$(BUILD) -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

BIN      = $(DESTDIR)$(PREFIX)/bin
SHARE    = $(DESTDIR)$(PREFIX)/share
BASH     = $(SHARE)/bash-completion/completions
ZSH      = $(SHARE)/zsh/site-functions
FISH     = $(SHARE)/fish/vendor_completions.d

install: build
	install -d $(BIN) $(SHARE)/man/man1 $(BASH) $(ZSH) $(FISH)
	install $(BINARIES:%=bin/%) $(BIN)
	install -m 644 $(BINARIES:%=docs/man/%.1) $(SHARE)/man/man1
	for b in $(BINARIES); do install -m 644 docs/completion/$$b.bash $(BASH)/$$b; done
	install -m 644 $(BINARIES:%=docs/completion/_%) $(ZSH)
	install -m 644 $(BINARIES:%=docs/completion/%.fish) $(FISH)

uninstall:
	rm -f $(BINARIES:%=$(BIN)/%) $(BINARIES:%=$(SHARE)/man/man1/%.1) $(BINARIES:%=$(BASH)/%)
	rm -f $(BINARIES:%=$(ZSH)/_%) $(BINARIES:%=$(FISH)/%.fish)

# A line at least every 15 seconds; all of it with TESTFLAGS=-v.
SHOW = | $(GO) run ./bench/progress $(filter -v,$(TESTFLAGS))

# What runs on the kernel waits, and what hands journals to functions reckons: twice as many
# at once as there are processors keep these busy. Half of the reckoning was collecting garbage.
export GOGC ?= 400
CORES   := $(shell getconf _NPROCESSORS_ONLN)
AT_ONCE := -p $(shell expr 2 \* $(CORES)) -parallel $(shell expr 4 \* $(CORES))

test:
	CGO_ENABLED=0 $(GO) test $(AT_ONCE) -json -tags $(TAGS) -shuffle=on $(TESTFLAGS) $(PACKAGES) $(SHOW)

# What hands journals and bytes to pure functions runs in one goroutine, takes half of
# the time, and make test runs it; so with these packages, in which there is no other
# goroutine.
ALONE := lib/claim|lib/packet|lib/pcapng|lib/tcp

race:
	CGO_ENABLED=1 $(GO) test $(AT_ONCE) -json -tags $(TAGS) -shuffle=on -race -skip '^TestJournals$$|^TestStoppedRunRefutesNothing$$|^TestAnyByteIsFound$$' $(TESTFLAGS) \
		$$($(GO) list -tags $(TAGS) ./... | grep -vE '/($(ALONE))$$') $(SHOW)

# What does not compile on another platform must show on this one; how fast it would be there
# is nothing to wait for. What vet finds is much the same everywhere: it runs for one.
PLATFORMS := linux/arm64 linux/386 linux/arm linux/s390x darwin/arm64 windows/amd64

lint: $(LINTER) build
	$(LINTER) run --build-tags $(TAGS),labs
	$(GO) run ./docs/gen -check
	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 $(GO) vet -tags $(TAGS) ./...
	@for p in $(PLATFORMS); do \
		echo "build $$p"; \
		CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -gcflags='-N -l' -tags $(TAGS) -o /dev/null ./... || exit 1; \
	done

# Where an int has 32 bits, and where bytes stand in the other order: what decodes, and
# what judges. A 64-bit kernel runs 386 programs by itself, where it was built to; the
# other machine is qemu-user's.
BITS32  := ./lib/journal ./lib/packet ./lib/pcapng ./lib/claim ./lib/privacy ./lib/tcp ./lib/witness/...
SWAPPED := ./lib/journal ./lib/packet ./lib/pcapng ./lib/witness/tcpstate ./lib/witness/fate ./lib/witness/counters
DECODE  := TestParse|TestInfoOfAnyLength|TestInfoFields|TestAttributes|TestTimerName|TestReplyCutShort|TestAddressesCutShort|TestErrnoNames|^Fuzz

platforms:
	CGO_ENABLED=0 GOARCH=386 $(GO) test -tags $(TAGS) -vet=off $(TESTFLAGS) $(BITS32)
	@command -v qemu-s390x >/dev/null || { echo 'qemu-s390x is missing: apt-get install qemu-user'; exit 1; }
	CGO_ENABLED=0 GOARCH=s390x $(GO) test -tags $(TAGS) -vet=off $(TESTFLAGS) -exec qemu-s390x $(SWAPPED)
	CGO_ENABLED=0 GOARCH=s390x $(GO) test -tags $(TAGS) -vet=off $(TESTFLAGS) -exec qemu-s390x -run '$(DECODE)' ./lib/witness/diag ./lib/network ./lib/sock

$(LINTER):
	GOBIN=$(CURDIR)/bin/tools $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINTER_VERSION)
	mv bin/tools/golangci-lint $@

labs: build
	SOCKPROOF_BIN=$(CURDIR)/bin CGO_ENABLED=0 $(GO) test -tags $(TAGS),labs -count=1 ./labs

browser: build
	.ci/browser/run

docs: build
	$(GO) run ./docs/gen

bench: build
	$(GO) run ./bench/compare

shape: build
	$(GO) run ./bench/shape

bench-watch: build
	$(GO) run ./bench/watch

lies:
	$(GO) test -tags $(TAGS) $(BINARIES:%=./cmd/%) -run TestJournals/LiesAreNoticed -v -lies 40 | $(GO) run ./bench/lies

# A failing world must not stop what make would do next from being read: the
# false verdicts' reports are kept in bin/worlds.
WORLDS := $(GO) run ./bench/worlds -keep bin/worlds $(WORLDSFLAGS)

worlds: build
	$(WORLDS) -markdown bench/RESULTS.md

worlds-sample: build
	$(WORLDS) -sample

# A kernel that cannot be had is named, and the others are run.
KERNELS := 5.10 6.1 6.12 newest

kernels:
	bench/kernels/run $(KERNELS)

FAULTS := $(GO) run ./bench/worlds -faults -keep bin/faults $(FAULTSFLAGS)

faults: build
	$(FAULTS) -markdown bench/RESULTS.md

faults-sample: build
	$(FAULTS) -sample

N ?= 1

soak: build
	$(GO) run ./bench/worlds -soak $(N) -keep bin/soak -markdown bench/RESULTS.md $(SOAKFLAGS)

fuzz:
	@for p in $$($(GO) list ./lib/... ./cmd/...); do \
		for f in $$($(GO) test -tags $(TAGS) -list '^Fuzz' $$p | grep '^Fuzz'); do \
			$(GO) test -tags $(TAGS) -run '^$$' -fuzz "^$$f$$" -fuzztime 10s $$p || exit 1; \
		done; \
	done

clean:
	rm -rf bin
