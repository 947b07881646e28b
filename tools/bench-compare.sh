#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shows the ticks of each operation in two commits: bench-compare.sh OLD NEW, each a
# commit as git takes it. `make bench-compare` calls this; GUEST names the program that
# measures.
#
# A commit is built in a worktree of its own, build/compare/tree, which is removed
# afterwards; your files stay as they are. Its image is kept, so that it is built once.
set -eu

cd "$(dirname "$0")/.."
guest=${GUEST:-target/debug/guest}
folder=build/compare
tree=$PWD/$folder/tree

# The commit that a word names.
commit() {
    [ -n "$2" ] || {
        echo "make bench-compare: say $1=COMMIT, such as $1=HEAD~3" >&2
        exit 1
    }
    git rev-parse --verify --quiet --end-of-options "$2^{commit}" || {
        echo "make bench-compare: $1=$2: there is no such commit" >&2
        exit 1
    }
}

remove_tree() {
    git worktree remove --force "$tree" 2>/dev/null || rm -rf "$tree"
    git worktree prune
}

# Makes the image of a commit. What the `make` that calls this was told is not for that
# of the worktree. All commits are built in the same target folder: their files are newer
# than what is there, so only libraries are taken from it.
build() {
    [ ! -e "$folder/$1.img" ] || return 0
    echo "building $(git log -1 --format='%h %s' "$1")" >&2
    remove_tree
    git worktree add --quiet --detach "$tree" "$1"
    env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS CARGO_TARGET_DIR="$PWD/$folder/target" \
        make -C "$tree" image >"$folder/log" 2>&1 || {
        tail -n 20 "$folder/log" >&2
        echo "make bench-compare: $1 does not build: $folder/log" >&2
        exit 1
    }
    mv "$tree/build/eleven.img" "$folder/$1.img"
    remove_tree
}

old=$(commit OLD "${1-}")
new=$(commit NEW "${2-}")
mkdir -p "$folder"
trap remove_tree EXIT
trap 'exit 1' INT TERM
build "$old"
build "$new"
"$guest" bench-compare "$folder/$old.img" "$folder/$new.img" --names "$1" "$2"
