# `make` alone prints the targets. Tools come by pinned version, never from go.mod.
LINT_VERSION := 2.15.0
LINT := bin/golangci-lint-$(LINT_VERSION)
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
PACKAGES = $(shell go list ./... | grep -v /integration)
FUZZTIME ?= 30s
BENCH ?= -records 1000000
EVENTS ?= 1000000

.DEFAULT_GOAL := help
.PHONY: help build demo test test-fast coverage generated kill brokers lint fmt sim sabotage mutation soak proof fuzz bench bench-kafka golden compose-up compose-down compose-test check clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/pintle
	@CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/pintle ./cmd/pintle

demo: build ## a tour of half a minute: no account, no Kafka, no network
	@bin/pintle demo

test: ## everything that this machine can run, what it could not, and a summary of both
	@go run ./integration/suite

test-fast: ## within 90 seconds: no Kafka, no Docker, no race detector
	@go run ./integration/suite -fast

coverage: ## what no test of its package runs of the code that decides
	go run ./integration/mutation -coverage

generated: ## EVENTS (1000000) generated events, from SEED (1) on, through the mapping and the strict stand-in
	go test -count=1 -v -timeout 20m -run '^TestGeneratedEvents$$' ./processor/transform -rapid.checks=$$(($(EVENTS) / 100)) -rapid.seed=$(SEED)

# RUNS as it was given, whatever is usual for others.
KILLS := $(or $(RUNS),1000)
kill: ## the program killed RUNS (1000) times at random, at each kill point, stopped, frozen, starved
	go test -count=1 -v -timeout 0 ./integration/kill -runs $(KILLS) -each 50 -restarts 100

brokers: ## three real brokers killed, stopped, frozen and cut short for as long as in earnest, with both group protocols
	go test -count=1 -v -timeout 0 ./integration/brokers -long

SEED ?= 1
SCHEDULES := $(or $(RUNS),2000)
sim: ## RUNS (2000) schedules of faults against the whole pipeline in virtual time, from SEED (1) on
	go run ./integration/sim/run -seed $(SEED) -runs $(SCHEDULES)

sabotage: ## plant bugs, one at a time, and see, from SEED (1) on, that the simulation catches each
	go run ./integration/sim/run -sabotage -seed $(SEED)

mutation: ## small mistakes in the code that decides, one at a time, and those that no test sees
	go run ./integration/mutation

soak: ## a day with everything that goes wrong, and three days of outage, in virtual time
	go test -tags synctests -count=1 -v -timeout 0 -run '^(TestDay|TestLongOutage)$$' ./integration/sim -sim.day 24 -sim.outage 72

proof: ## all tiers of the proof, and what they measured as one table (PROOF=-long: ten times as much)
	@go run ./integration/proof $(PROOF)

lint: $(LINT) ## golangci-lint with the rules of the house
	$(LINT) run

fmt: $(LINT) ## format the code
	$(LINT) fmt

fuzz: ## every fuzz target for FUZZTIME (30s) each
	@grep -rn '^func Fuzz' --include='*_test.go' . | sed -E 's,^(.*)/[^/]*:[0-9]+:func (Fuzz[A-Za-z0-9_]*).*,\1 \2,' | \
	while read -r dir target; do go test $$dir -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) || exit 1; done

bench: ## the benchmarks of the packages, then the whole on real Kafka
	go test -run '^$$' -bench . -benchmem $(PACKAGES)
	@$(MAKE) --no-print-directory bench-kafka

bench-kafka: ## a backlog and a steady stream on real Kafka (BENCH='-records 1000000'), as a Markdown table
	go run ./integration/bench $(BENCH)

golden: ## write the golden files again; review the difference as code
	go test $$(grep -rl --include='*_test.go' '"update"' . | xargs -n1 dirname | sort -u) -update

compose-up: ## the main job on real Kafka in containers
	docker compose up --build --wait

compose-down: ## end it and delete its data
	docker compose down --volumes

compose-test: ## one scenario through the shipped docker-compose.yml
	go test -v -timeout 20m -run TestCompose ./integration

check: lint test ## what CI runs

clean: ## delete what was built
	rm -rf bin dist

$(LINT):
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(LINT_VERSION)
	@mv bin/golangci-lint $@
