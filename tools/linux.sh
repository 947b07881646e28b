#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fetches the Linux kernel of Debian's package, its modules for a Minix file
# system on a virtio disk, and busybox, for the tests that have this second
# implementation work on our disk. Nothing is installed: all goes to build/linux.
#
# Ends 0 with build/linux/ready there; 1, with the reason, where the packages
# can't be had. Where all is there already it does nothing.
set -eu

cd "$(dirname "$0")/.."
folder=build/linux
log=$folder/log
metapackage=linux-image-amd64

give_up() {
    echo "no Linux kernel to compare with: $*" >&2
    exit 1
}

# Calls apt with package lists of our own, in place of the system's, where
# `own_lists` has fetched them.
lists=
apt() {
    program=$1
    shift
    # The options are several words.
    # shellcheck disable=SC2086
    timeout 300 "$program" $lists -o APT::Sandbox::User=root "$@" 2>>"$log"
}

own_lists() {
    apt_folder=$PWD/$folder/apt
    mkdir -p "$apt_folder/lists/partial" "$apt_folder/cache/archives/partial"
    lists="-o Dir::State=$apt_folder -o Dir::Cache=$apt_folder/cache
        -o Dir::State::status=/var/lib/dpkg/status"
    apt apt-get update -o APT::Update::Error-Mode=any >>"$log"
}

# Downloads kernel and busybox into the current lists' idea of their newest version.
download() {
    package=$(apt apt-cache depends "$metapackage" |
        sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    [ -n "$package" ] || return 1
    (cd "$folder/packages" && apt apt-get download "$package" busybox-static >>log)
}

[ ! -e "$folder/ready" ] || exit 0
command -v apt-get >/dev/null || give_up "this is not Debian"
command -v dpkg-deb >/dev/null || give_up "there is no dpkg-deb"
rm -rf "$folder"
mkdir -p "$folder/packages" "$folder/root"
log=$PWD/$log
download || { own_lists && download; } ||
    give_up "apt-get can't download $metapackage: $(grep '^[EW]: ' "$log" | head -n 1)"

for package in "$folder"/packages/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$folder/root" --wildcards \
        --no-anchored 'vmlinuz*' 'busybox' 'modules.builtin*' 'modules.order' \
        'kernel/fs/minix/*' 'kernel/drivers/virtio/*' 'virtio_blk.ko*' \
        2>>"$log" || true # Not every name is in every package.
done
rm -r "$folder/packages"
mv "$folder"/root/boot/vmlinuz* "$folder/vmlinuz" || give_up "no kernel in $package"
[ -n "$(find "$folder/root" -name 'minix.ko*')" ] || give_up "no minix module in $package"
# Since Debian 13 all is below usr.
[ -d "$folder/root/lib/modules" ] || mv "$folder/root/usr/lib" "$folder/root/lib"
[ -x "$folder/root/bin/busybox" ] || mv "$folder/root/usr/bin" "$folder/root/bin" ||
    give_up "no busybox"
rm -rf "$folder/root/boot" "$folder/root/usr/share" "$folder/apt"
touch "$folder/ready"
