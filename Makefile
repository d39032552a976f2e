# The front door. Each command sets up what it needs first, and does nothing twice.
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
ARGS ?=

.PHONY: help
help:
	@echo 'make run         set up, build, and serve on http://localhost:4000 (more flags: ARGS="--listen 127.0.0.1:8080")'
	@echo 'make test        set up, build, and run every test'
	@echo 'make test-GROUP  one group of tests: unit, contract, system, or those of a wing of src/, as in test-vision'
	@echo 'make test-long   the system tests that kill and cut off at random moments, for many minutes'
	@echo 'make build       set up and build the programs (release)'
	@echo 'make package     build/package: vidi with everything it loads, as .deb and as .tar.gz'
	@echo 'make image       the image vidi:VERSION, for a Docker engine that runs here (compose: deploy/compose.yaml)'
	@echo 'make spark-image the image vidi-spark:VERSION: Spark with the Python package (compose: --profile spark)'
	@echo 'make train       build the trainer and run it (ARGS="softmax --data FOLDER --out models")'
	@echo 'make lint        formatting, clang-tidy, and the rules of this project'
	@echo 'make format      format every C++ file in place'
	@echo 'make asan        unit and contract tests under the address and undefined-behavior sanitizers'
	@echo 'make tsan        unit and contract tests under the thread sanitizer'
	@echo 'make bench       the parts of a request, and whole requests (ARGS="--peer FOLDER" for one to compare with)'
	@echo 'make fuzz        each fuzzer for a while (SECONDS_EACH=60)'
	@echo 'make clean       remove everything that was built (the packages and .venv stay)'

.PHONY: run
run: build
	@exec build/release/apps/vidi/vidi serve $(ARGS)

.PHONY: build
build:
	@scripts/setup.sh serve
	@scripts/build.sh release vidi

.PHONY: package
package: build
	@scripts/package.sh release

.PHONY: image
image: build
	@scripts/image.sh release $(ARGS)

.PHONY: spark-image
spark-image:
	@scripts/setup.sh test
	@scripts/python.sh
	@scripts/spark_image.sh $(ARGS)

.PHONY: train
train:
	@scripts/setup.sh test train
	@scripts/build.sh test vidi vidi-train
	@build/test/apps/vidi/vidi train $(or $(ARGS),--help)

.PHONY: build-test
build-test:
	@scripts/setup.sh test
	@scripts/build.sh test
	@scripts/python.sh --install

.PHONY: test
test: build-test
	@scripts/run_tests.sh test unit contract system

.PHONY: test-unit test-contract test-system
test-unit test-contract test-system: test-%: build-test
	@scripts/run_tests.sh test $*

wings := platform vision networks storage serving batch administration training
.PHONY: $(wings:%=test-%)
$(wings:%=test-%): test-%:
	@scripts/setup.sh test
	@scripts/build.sh test vidi_tests_$*
	@scripts/run_tests.sh test $*

.PHONY: test-long
test-long: export VIDI_TEST_ROUNDS ?= 50
test-long: export VIDI_KILL_ROUNDS ?= 50
test-long: export VIDI_TEST_S3_OUTAGE_SECONDS ?= 120
test-long: build-test
	@scripts/run_tests.sh test long

.PHONY: asan tsan
asan tsan:
	@scripts/setup.sh test
	@scripts/build.sh $@ vidi_tests
	@scripts/run_tests.sh $@ unit contract

.PHONY: lint
lint:
	@scripts/setup.sh test lint
	@scripts/lint.sh

.PHONY: format
format:
	@scripts/setup.sh lint
	@git ls-files -z '*.cpp' '*.hpp' | xargs -0 clang-format-19 -i
	@if cargo fmt --version >/dev/null 2>&1; then cargo fmt --manifest-path driver/cassandra/Cargo.toml; fi

.PHONY: bench
bench:
	@scripts/setup.sh bench
	@scripts/build.sh release vidi
	@scripts/build.sh bench
	@build/bench/benchmarks/parts_benchmark
	@.venv/bin/python3 benchmarks/requests.py $(ARGS)

SECONDS_EACH ?= 60
.PHONY: fuzz
fuzz:
	@scripts/setup.sh fuzz
	@scripts/build.sh fuzz
	@scripts/fuzz.sh $(SECONDS_EACH)

.PHONY: clean
clean:
	@rm -rf build
