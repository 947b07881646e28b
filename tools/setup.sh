#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes a machine ready to build, run and test Eleven: `tools/setup.sh`. For the
# web page `tools/setup.sh web` adds what builds it, `tools/setup.sh browser` what
# tests it.
#
# Finds a Rust toolchain that can compile the library of Rust itself for the
# kernel's target, installs with apt what is missing, and writes
# build/toolchain.mk, by which the Makefile calls cargo. No other place knows
# about toolchains. Where all is in place it says nothing and changes nothing. On
# other systems than Debian and its kin it installs nothing, but says what to.
#
# Ends 0 when the machine is ready; 1, with the reason, when it can't be made so.
set -eu

cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
result=build/toolchain.mk
log=build/setup.log

# A program or a file that must be there, and Debian's package that has it. On
# Debian 13 fsck.minix has moved to util-linux-extra; on 12 it is always there. The tests
# compare our tools with patch, bc, ed and hexdump, which a small Debian lacks.
needed_debian='
bochs-bin                                     bochs
/usr/lib/*/bochs/plugins/libbx_x_gui.so       bochs-x
/usr/lib/*/bochs/plugins/libbx_term_gui.so    bochs-term
/usr/share/bochs/BIOS-bochs-latest            bochsbios
/usr/share/vgabios/vgabios.bin                vgabios
bximage                                       bximage
qemu-system-i386                              qemu-system-x86
gdb                                           gdb
fsck.minix                                    util-linux-extra
mkfs.ext4                                     e2fsprogs
ld                                            binutils
patch                                         patch
bc                                            bc
ed                                            ed
hexdump                                       bsdextrautils
gcc                                           gcc
/usr/include/stdlib.h                         libc6-dev
make                                          make
'
web_needed='
node                                          nodejs
npm                                           npm
/usr/share/seabios/bios.bin                   seabios
/usr/share/vgabios/vgabios.bin                vgabios
'
browser_needed='
/usr/bin/chromium                             chromium
'
rust_packages='rustc-web cargo-web rust-web-src rust-web-clippy'

# For systems that have no such packages.
rust_hint='Rust 1.95 or later is had from rustup, with its source: rustup component add rust-src'

# The same for other systems: untested.
needed_fedora='
bochs-debugger        bochs-debugger
/usr/share/bochs/BIOS-bochs-latest    bochs-bios
/usr/share/bochs/VGABIOS-lgpl-latest  bochs-bios
qemu-system-i386      qemu-system-x86-core
gdb                   gdb
fsck.minix            util-linux
mkfs.ext4             e2fsprogs
tic                   ncurses
ld                    binutils
patch                 patch
bc                    bc
ed                    ed
hexdump               util-linux
gcc                   gcc
/usr/include/stdlib.h glibc-devel
make                  make
'
needed_macos='
bochs                 bochs
qemu-system-i386      qemu
gdb                   gdb
tic                   ncurses
ld                    binutils
'

# The versions that the tests have been run with.
tried_bochs='2.7 3.0'
tried_qemu='7.2 10.0'

say() {
    echo "setup: $*"
}

give_up() {
    echo "setup: $*" >&2
    exit 1
}

# Whether $1, a command or the name of a file with wildcards, is there. The
# wildcards are meant to be expanded.
# shellcheck disable=SC2086
there() {
    case $1 in
    /*) ls $1 ;;
    *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

# Which of the lists this system goes by: debian, fedora or macos; or unknown.
system() {
    [ "$(uname)" != Darwin ] || { echo macos; return; }
    # ID_LIKE names the system that this one is made from.
    for name in $(sed -n 's/^ID\(_LIKE\)\{0,1\}=//p' /etc/os-release 2>/dev/null | tr -d '"'); do
        case $name in
        debian | ubuntu) echo debian; return ;;
        fedora | rhel) echo fedora; return ;;
        esac
    done
    echo unknown
}

# The list of what is needed on this system.
needed() {
    case $(system) in
    fedora) echo "$needed_fedora" ;;
    macos) echo "$needed_macos" ;;
    *) echo "$needed_debian" ;;
    esac
}

# The packages of what is missing of the list $1.
missing_packages() {
    echo "$1" | while read -r thing package; do
        [ -z "$thing" ] || there "$thing" || echo "$package"
    done
}

# Whether an earlier run left all in place.
is_ready() {
    [ -e "$result" ] && [ -z "$(find tools/setup.sh -newer "$result")" ] || return 1
    [ -e "$(sed -n 's/^RUST_SOURCE := //p' "$result")" ] || return 1
    [ -z "$(missing_packages "$(needed)")" ]
}

# Runs a command as root.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Installs packages, with a fresh list of them where the first try fails.
install() {
    case $(system) in
    debian) ;;
    fedora) give_up "install these (untested): sudo dnf install $*; $rust_hint" ;;
    macos) give_up "install these (untested): brew install $*; $rust_hint" ;;
    *) give_up "this system is not known: install what corresponds to these packages of Debian: $*; $rust_hint; or see .devcontainer" ;;
    esac
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
        give_up "not root and no sudo: have these packages installed: $*"
    say "installing $* (log in $log)"
    apt_install "$@" && return
    say "reading apt's lists of packages anew"
    as_root apt-get update >>"$log" 2>&1 ||
        say "apt-get update failed"
    apt_install "$@" && return
    tail -n 5 "$log" >&2
    give_up "apt-get can't install $*: is there a network? see $log"
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes \
        --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" >>"$log" 2>&1
}

# Installs what is missing of the list $1.
install_missing() {
    packages=$(missing_packages "$1")
    # One word for each package.
    # shellcheck disable=SC2086
    [ -z "$packages" ] || install $packages
}

# Where the toolchain of the rustc command "$@" keeps the library's source.
library_source() {
    sysroot=$("$@" --print sysroot 2>/dev/null) || return 1
    echo "$sysroot/lib/rustlib/src/rust/library/core/src/lib.rs"
}

# The first number with a dot in it of standard input.
version() {
    sed -n 's/^[^0-9]*\([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1
}

# Says which emulators there are, and warns of those that were never tried.
say_versions() {
    # Bochs tells its version only when it starts; without a disk it ends at once.
    bochs=$(cd build && timeout 10 "$(bochs_command)" -n -q </dev/null 2>&1 |
        tr -d '\0' | grep -o 'Emulator [0-9.]*' | version) || true
    qemu=$(qemu-system-i386 --version 2>/dev/null | version) || true
    say "found Bochs ${bochs:-of no version}, QEMU ${qemu:-of no version}"
    is_tried "$bochs" "$tried_bochs" ||
        say "warning: Bochs was tried in these versions only: $tried_bochs"
    is_tried "$qemu" "$tried_qemu" ||
        say "warning: QEMU was tried in these versions only: $tried_qemu"
}

# Whether the version $1 is one of $2.
is_tried() {
    case " $2 " in
    *" $1 "*) [ -n "$1" ] ;;
    *) return 1 ;;
    esac
}

# Systems call the Bochs with a debugger by different names.
bochs_command() {
    for name in bochs-bin bochs-debugger bochs; do
        ! there "$name" || { echo "$name"; return; }
    done
}

# Whether the rustc command "$@" has the library's source and knows our target.
can_build_kernel() {
    source=$(library_source "$@") && [ -e "$source" ] &&
        RUSTC_BOOTSTRAP=1 "$@" -Z unstable-options --print cfg \
            --target i686-kernel.json >/dev/null 2>&1
}

# Writes the result for a toolchain called $1, whose rustc and cargo are
# called by the words $2 and $3.
found() {
    name=$1
    source=$(eval library_source "$2")
    features='-Zbuild-std=core,alloc,compiler_builtins -Zbuild-std-features=compiler-builtins-mem'
    # Of Rust's library the programs take the small sort, not the fast one.
    small="$features,optimize_for_size"
    # A panic shows no path of this machine, and a short one for Rust's library, as
    # each program has some of them; debuggers still find the sources.
    flags="-Ztrim-paths --config 'profile.release.trim-paths=\"macro\"'"
    rustflags="\"--remap-path-prefix=${source%/core/src/lib.rs}=rust\""
    # The programs hash passwords by `sha2`, which would ask the processor for
    # instructions on SSE registers, and use them: programs here have none.
    rustflags="$rustflags, \"--cfg\", \"sha2_backend=\\\"soft\\\"\""
    flags="$flags --config 'target.i686-kernel.rustflags=[$rustflags]'"
    # Older versions of cargo take a target file without this flag.
    if eval "RUSTC_BOOTSTRAP=1 $3 -Z help" 2>/dev/null | grep -q json-target-spec; then
        flags="$flags -Zjson-target-spec"
    fi
    cat >"$result.new" <<END
# Written by tools/setup.sh.
TOOLCHAIN := $name
RUST_SOURCE := $source
HOST_CARGO := $(host_cargo)
KERNEL_CARGO := env RUSTC_BOOTSTRAP=1 $(echo "$3" | sed 's/\$/$$/g')
KERNEL_FLAGS := $features $flags --target i686-kernel.json
PROGRAM_FLAGS := $small $flags --target i686-kernel.json
END
    mv "$result.new" "$result"
    say "the kernel is built by $name"
}

# The cargo for host programs: the user's own, unless it is too old.
host_cargo() {
    minor=$(cargo --version 2>/dev/null | sed -n 's/^cargo 1\.\([0-9]*\)\..*/\1/p')
    if [ "${minor:-0}" -ge 89 ]; then
        echo cargo
    else
        echo "env PATH=/usr/bin:\$\$PATH /usr/bin/cargo"
    fi
}

# The toolchain $1 of the user's rustup.
try_rustup() {
    can_build_kernel rustup run "$1" rustc || return 1
    found "rustup's $1" "rustup run $1 rustc" "rustup run $1 cargo"
}

# One of the toolchains of the user's rustup that has the source already.
try_each_of_rustup() {
    command -v rustup >/dev/null || return 1
    for toolchain in $(rustup toolchain list 2>/dev/null | sed 's/ .*//'); do
        try_rustup "$toolchain" && return
    done
    return 1
}

# The active toolchain of the user's rustup, with the source added.
try_adding_to_rustup() {
    command -v rustup >/dev/null || return 1
    toolchain=$(rustup show active-toolchain 2>/dev/null | sed 's/ .*//')
    [ -n "$toolchain" ] || return 1
    say "asking rustup for the library's source"
    timeout 120 rustup component add --toolchain "$toolchain" rust-src >>"$log" 2>&1 || {
        say "rustup can't get it"
        return 1
    }
    try_rustup "$toolchain"
}

# The user's own rustc without rustup.
try_plain() {
    can_build_kernel rustc || return 1
    found "$(rustc --version)" rustc cargo
}

# Debian's packages.
try_debian() {
    can_build_kernel /usr/bin/rustc && [ -x /usr/bin/cargo ] || return 1
    found "Debian's $(/usr/bin/rustc --version)" /usr/bin/rustc \
        "PATH=/usr/bin:\$PATH /usr/bin/cargo"
}

mkdir -p build
case ${1:-} in
web)
    install_missing "$web_needed"
    exit
    ;;
browser)
    install_missing "$web_needed$browser_needed"
    exit
    ;;
esac
! is_ready || exit 0
: >"$log"
install_missing "$(needed)"
if ! { try_each_of_rustup || try_plain || try_debian || try_adding_to_rustup; }; then
    [ "$(system)" = debian ] && ! grep -q '^ID=ubuntu' /etc/os-release ||
        give_up "no Rust here can build for i686-kernel.json; $rust_hint"
    # shellcheck disable=SC2086
    install $rust_packages
    try_debian ||
        give_up "/usr/bin/rustc can't build for i686-kernel.json: Rust 1.95 or later with its library source is needed"
fi
say_versions
say "ready"
