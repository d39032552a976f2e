#!/bin/bash
# Every check of the sources that is no test. Goes on after the first that fails, and then exits with 1.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
failed=()

check() {
  local name=$1
  shift
  echo "lint: $name"
  "$@" || failed+=("$name")
}

# The same with a tool of cargo's, which not every Rust has.
check_rust() {
  local name=$1 tool=$2
  if cargo "$tool" --version >/dev/null 2>&1; then
    check "$name" "${@:3}"
  else
    echo "lint: $name: skipped, since \`cargo $tool\` is not installed here (scripts/setup.sh lint installs it beside Debian's Rust)"
  fi
}

clang_format() { git ls-files -z '*.cpp' '*.hpp' | xargs -0 clang-format-19 --dry-run -Werror; }
shell_scripts() { git ls-files -z '*.sh' .ci/run | xargs -0 -n 1 bash -n && git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck -x; }
# For the oldest Python that mypy still knows.
python_types() { .venv/bin/python3 -m mypy --config-file python/pyproject.toml --cache-dir build/mypy python/src; }

check "this project's own rules" /usr/bin/python3 scripts/lint.py
check "those rules find what breaks them" /usr/bin/python3 -m unittest discover -q -s tests/lint
check "shell scripts" shell_scripts
check "clang-format" clang_format
check "types of the Python package" python_types
check_rust "rustfmt" fmt cargo fmt --check --manifest-path driver/cassandra/Cargo.toml
check_rust "clippy" clippy env CARGO_TARGET_DIR=build/clippy cargo clippy --quiet --locked \
  --manifest-path driver/cassandra/Cargo.toml -- -D warnings
check "clang-tidy" scripts/tidy.sh

if ((${#failed[@]} > 0)); then
  printf 'lint: failed: %s\n' "${failed[@]}"
  exit 1
fi
echo "lint: all is well"
