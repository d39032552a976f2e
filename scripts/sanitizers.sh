# Sourced by build.sh and run_tests.sh: how programs of the preset $1 run when it is one of the sanitizers'.
# Sets `runner`, a prefix for commands, which both use.
# shellcheck shell=bash disable=SC2034
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
runner=()
case "$1" in
  asan | tsan)
    # TBB, inside OpenVINO's wheel, opens libraries in a way that the sanitizers refuse, unless this is set.
    export TBB_ENABLE_SANITIZERS=1
    export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
    export LSAN_OPTIONS="suppressions=$folder/leaks.supp:print_suppressions=0:${LSAN_OPTIONS:-}"
    ;;
esac
if [[ "$1" == tsan ]]; then
  export TSAN_OPTIONS="suppressions=$folder/threads.supp:second_deadlock_stack=1:${TSAN_OPTIONS:-}"
  # g++ 12's thread sanitizer cannot place its shadow memory where newer kernels put programs at random.
  runner=(setarch "$(uname -m)" -R)
fi
