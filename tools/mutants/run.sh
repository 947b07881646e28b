#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Changes the sources one place at a time, and looks whether a test notices:
# `tools/mutants/run.sh [FILE...]`, where a FILE may be a glob. `make mutants`
# calls this with HOST_CARGO in the environment. docs/mutants.md tells the rest.
#
# Ends 0 when no mutant survives but those of docs/mutants.md.
set -euf

cd "$(dirname "$0")/../.."
output=build/mutants
# HOST_CARGO may be several words.
cargo=${HOST_CARGO:-cargo}

for tool in mutants nextest; do
    $cargo $tool --version >/dev/null 2>&1 || {
        echo "make mutants: it needs cargo-$tool; this installs it: cargo install --locked cargo-$tool" >&2
        exit 1
    }
done
if [ $# = 0 ]; then
    set -- 'tools/mkimage/src/**' fs/src/layout.rs fs/src/truncate.rs \
        fs/src/bitmap.rs 'fs/src/bitmap/*' fs/src/inode.rs 'fs/src/inode/*' \
        fs/src/namei.rs 'fs/src/namei/*' 'fs/fsck/src/**'
fi
files=
for file in "$@"; do
    files="$files --file $file"
done

mkdir -p "$output"
# What was compiled for the last run serves this one too.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
status=0
$cargo mutants --config tools/mutants/mutants.toml --output "$output" $files || status=$?
# 2: some survived; 3: some ran out of time, which a test has noticed.
case $status in
0 | 2 | 3) ;;
*) exit "$status" ;;
esac

# The names without line and column: those that survived, and those of the table.
# A name that several mutants have is in the table as many times.
sed 's/^\([^:]*\):[0-9]*:[0-9]*: /\1: /' "$output/mutants.out/missed.txt" |
    LC_ALL=C sort >"$output/survived"
sed -n 's/^| `\([a-z_/]*\.rs: .*\)` | .*/\1/p' docs/mutants.md | sed 's/\\|/|/g' |
    LC_ALL=C sort >"$output/listed"
LC_ALL=C comm -23 "$output/survived" "$output/listed" >"$output/new"
test -s "$output/new" || exit 0
echo "These mutants survived, and docs/mutants.md does not list them:"
cat "$output/new"
exit 1
