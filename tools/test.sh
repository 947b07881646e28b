#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs all tests and sums them up. `make test` calls this, with what it has
# built in the environment:
#
#   IMAGE       the disk image
#   KERNEL      the kernel as ELF
#   LATENCY_IMAGE, LATENCY_KERNEL   those of `make latency`
#   PERIOD_DISK a disk of 1991, or nothing
#   DEBUGGING_IMAGE, DEBUGGING_KERNEL   those of `make debug`
#   HOST_CARGO  the cargo for host programs
#
# v86 is tested where npm is installed (tools/setup.sh web), the page where Chromium
# is, too (tools/setup.sh browser).
#
# Ends 0 when every test of every ring has passed.
set -u

cd "$(dirname "$0")/.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
# What a failed test shows is the guest's screen, not our stack.
RUST_BACKTRACE=0
export IMAGE KERNEL LATENCY_IMAGE LATENCY_KERNEL DEBUGGING_IMAGE DEBUGGING_KERNEL PERIOD_DISK PATH RUST_BACKTRACE
log=build/test.log

# Runs one ring: its name, its time limit, and the words behind `cargo test`.
ring() {
    name=$1
    limit=$2
    shift 2
    echo "== $name"
    start=$(date +%s)
    # HOST_CARGO may be several words.
    # shellcheck disable=SC2086
    timeout --kill-after=10 "$limit" $HOST_CARGO test "$@" 2>&1 || {
        echo "$name: cargo test ended with $?"
        echo "$name" >>build/test.failed
    }
    echo "took $(($(date +%s) - start)) s: $name"
}

# The page in Chromium, with the types of its scripts.
ring_of_the_page() {
    for program in chromium npm; do
        command -v "$program" >/dev/null && continue
        echo "skipped: the page in a browser: $program is not installed (tools/setup.sh browser installs it)"
        return
    done
    echo "== the page in a browser"
    start=$(date +%s)
    timeout --kill-after=10 500 tools/web/test.sh 2>&1 || {
        echo "the page: tools/web/test.sh ended with $?"
        echo "the page in a browser" >>build/test.failed
    }
    echo "took $(($(date +%s) - start)) s: the page in a browser"
}

: >build/test.failed
# What the benchmark's test has measured.
table=build/bench.txt
rm -f "$table"
{
    # The tests in v86 are skipped where it is not there, and say so.
    ! command -v npm >/dev/null || make --no-print-directory web-packages
    ring 'ring 1: on the host' 600 --no-fail-fast
    ring 'ring 1: on the host, the pages of the wide edition' 100 -p mm --features wide
    ring 'ring 1: on the host, the library of the programs, and their manual' 200 -p programs -p manual --lib
    # An emulator often waits, so there is one more of them than two processors have.
    ring 'ring 2: in the emulators' 800 \
        --no-fail-fast -p guest -- --ignored --skip usertests --test-threads 3
    # The browser waits, too.
    ring_of_the_page >build/page.log &
    ring 'ring 3: in the guest' 500 -p guest --test system -- --ignored usertests
    wait
    cat build/page.log
} | tee "$log"

[ ! -e "$table" ] || cat "$table"
# The time of each ring, and what could not be run: lines `skipped: ...`.
grep -h -e '^took ' -e '^skipped: ' "$log"
# Sums up the lines `test result: ok. 3 passed; 0 failed; ...`.
sed -n 's/^test result: [a-zA-Z]*\. \([0-9]*\) passed; \([0-9]*\) failed;.*/\1 \2/p' "$log" |
    awk '{ passed += $1; failed += $2 } END { printf "%d passed, %d failed\n", passed, failed }'
if [ -s build/test.failed ]; then
    echo "failed:"
    cat build/test.failed
    exit 1
fi
