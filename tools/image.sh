#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Puts the image that was just made into its place: `make image` calls this with
# the words
#
#   MKIMAGE     the image tool
#   NEW         the image just made; it is gone at the end
#   IMAGE       its place
#   DISK        the disk of `make run`
#
# Beside IMAGE a copy is kept, IMAGE.made, of what was put there. If IMAGE is not
# like it any more, somebody has changed it: the changes go to DISK, as somebody's
# own, before IMAGE is made anew.
set -eu

mkimage=$1
new=$2
image=$3
disk=$4
made=$image.made

if [ -e "$image" ] && [ -e "$made" ] && ! cmp -s "$image" "$made"; then
    echo "$image was changed by hand: the changes go to $disk"
    "$mkimage" update "$disk" --from "$made"
    "$mkimage" update "$disk" --from "$image" --base "$made" --keep-base
fi
# What is the same stays: programs compare the times of files.
if cmp -s "$new" "$image"; then
    rm "$new"
else
    mv "$new" "$image"
fi
# Last: with an old copy nothing would be lost, with a new one too early it would.
if ! cmp -s "$image" "$made"; then
    cp "$image" "$made.new"
    mv "$made.new" "$made"
fi
