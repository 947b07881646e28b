#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the page and tests it. The last line is one that tools/test.sh counts.
# Words are names of tests: `tools/web/test.sh --test-name-pattern pause`.
set -u

cd "$(dirname "$0")/../.." || exit 1
log=build/web-test.log
make --no-print-directory web || exit 1
node tools/web/node_modules/typescript/bin/tsc --project tools/web || exit 1
node --test --test-concurrency=1 --test-reporter=tap "$@" tools/web/test/*.test.js >"$log"
status=$?
# The name of each test, what it printed, and why one failed.
grep -v -e '^# Subtest' -e 'duration_ms' -e '^ *\.\.\.$' -e '^ *---$' -e "type: 'test'" "$log"
sed -n 's/^# pass \([0-9]*\)/\1/p; s/^# fail \([0-9]*\)/\1/p' "$log" | tr '\n' ' ' |
    awk '{ printf "test result: %s. %d passed; %d failed;\n", $2 ? "FAILED" : "ok", $1, $2 }'
exit "$status"
