// SPDX-License-Identifier: GPL-2.0-or-later
//! The examples at the end of each `--help`.

pub const ALL: &str = "\
Examples:
  mkimage build --manifest hdimage/image.toml --output build/eleven.img \\
      --boot target/i686-kernel/release/boot --kernel target/i686-kernel/release/kernel \\
      --programs target/i686-kernel/programs
  mkimage info build/eleven.img
  mkimage ls -l build/eleven.img /bin
  mkimage put build/eleven.img hello.txt /usr/root/hello.txt
  mkimage cp -r build/eleven.img:/etc ./etc
  mkimage cmdline build/eleven.img 'init=/bin/sh console=ttyS0'
  mkimage fsck --repair build/eleven.img
Each command shows its own: mkimage help cp

Paths in the image begin with `/`. The file system is that of the partition
which the boot sector names as root, or the first Minix partition; a floppy or
another bare Minix file system will do as well, and so does a block device.
Output goes to a file or a stream; `-` is standard output. What an emulator or
another process has open to write is not changed.

Exit status:
  0  done; `fsck`: clean, or all repaired
  1  failed, and nothing was changed, or something could not be read;
     the message names file and place
  2  wrong command line
  4  `fsck` found errors and did not, or could not, repair them";

pub const BUILD: &str = "\
Examples:
  mkimage build --manifest hdimage/image.toml --output build/eleven.img \\
      --boot target/i686-kernel/release/boot --kernel target/i686-kernel/release/kernel \\
      --programs target/i686-kernel/programs
  mkimage build --manifest hdimage/image.toml -o empty.img
  mkimage build --manifest hdimage/image.toml -o image --command-line 'init=/bin/sh'";

pub const FLOPPY: &str = "\
Examples:
  mkimage floppy --output build/floppy.img --boot target/i686-kernel/release/boot \\
      --kernel target/i686-kernel/release/kernel
  mkimage floppy -o floppy.img --boot target/i686-kernel/release/boot \\
      --kernel target/i686-kernel/release/kernel --root-device /dev/hd6
  mkimage floppy -o floppy.img --boot target/i686-kernel/release/boot \\
      --kernel target/i686-kernel/release/kernel --ramdisk-root root.img";

pub const A_OUT: &str = "\
Examples:
  mkimage a-out target/i686-kernel/programs/cat cat";

pub const INFO: &str = "\
Examples:
  mkimage info build/eleven.img
  mkimage info --json build/eleven.img | grep bytes

In the drawing each place is an equal part of the disk. Colours only on a
terminal, and not if NO_COLOR is set.";

pub const LS: &str = "\
Examples:
  mkimage ls build/eleven.img
  mkimage ls -l build/eleven.img /bin
  mkimage ls -R build/eleven.img /usr
  mkimage ls --json build/eleven.img /dev";

pub const CAT: &str = "\
Examples:
  mkimage cat build/eleven.img /etc/rc
  mkimage cat build/eleven.img /bin/sh | od -x | head
  echo hello | mkimage cat build/eleven.img /etc/motd -";

pub const GET: &str = "\
Examples:
  mkimage get build/eleven.img /bin/sh sh.out
  mkimage get build/eleven.img /etc/rc .           into a folder
  mkimage get build/eleven.img /etc/rc - | wc -l";

pub const PUT: &str = "\
Examples:
  mkimage put build/eleven.img hello.txt /usr/root/hello.txt
  mkimage put build/eleven.img a.out /bin --mode 755
  date | mkimage put build/eleven.img - /etc/built";

pub const CP: &str = "\
Examples:
  mkimage cp file image.img:/dir/           host to image
  mkimage cp -r image.img:/etc ./etc        image to host
  mkimage cp -r image.img:/etc image.img:/etc.old
  mkimage cp -rp old.img:/home new.img:/    image to image
  mkimage cp -r root/. image.img:/          what is in the folder

A word with `:/` in it is an image and a path in it; `-` is standard input or
output. Into a directory that is
there, a copy goes under its own name; otherwise it gets the new name. Without
-r symbolic links are followed, with -r they are copied. Several names of one
file stay one file.";

pub const LN: &str = "\
Examples:
  mkimage ln build/eleven.img /bin/sh /bin/ash
  mkimage ln -s build/eleven.img ../usr/games /bin/games";

pub const MKNOD: &str = "\
Examples:
  mkimage mknod build/eleven.img /dev/second b 3 6
  mkimage mknod build/eleven.img /dev/console c 4 0 --mode 622
  mkimage mknod build/eleven.img /tmp/pipe p";

pub const CHMOD: &str = "\
Examples:
  mkimage chmod build/eleven.img 4755 /bin/su
  mkimage chmod build/eleven.img u+x,go-w /etc/rc
  mkimage chmod -R build/eleven.img 700 /usr/root";

pub const CHOWN: &str = "\
Examples:
  mkimage chown build/eleven.img 5 /home/linus
  mkimage chown -R build/eleven.img 5:5 /home/linus";

pub const MV: &str = "\
Examples:
  mkimage mv build/eleven.img /etc/motd /etc/motd.old
  mkimage mv build/eleven.img /etc/rc /etc/passwd /usr/src";

pub const TOUCH: &str = "\
Examples:
  mkimage touch build/eleven.img /etc/rc /etc/new
  mkimage touch build/eleven.img /etc/rc --time 692193600";

pub const EDIT: &str = "\
Examples:
  mkimage edit build/eleven.img /etc/rc
  EDITOR=true mkimage edit build/eleven.img /etc/rc";

pub const SYNC: &str = "\
Examples:
  mkimage sync root build/eleven.img:/usr/root
  mkimage sync --delete --dry-run root build/eleven.img:/usr/root

What is equal already is left alone, so it can be repeated. `+` is shown before
what is made or written, `-` before what is removed.";

pub const TAR: &str = "\
Examples:
  mkimage tar -c build/eleven.img | tar -t
  mkimage tar -c build/eleven.img:/etc etc.tar
  mkimage tar -x image.img:/new < etc.tar
  tar -c hello.txt | mkimage tar -x --owner 0:0 build/eleven.img:/usr/src

Modes, owners, times, links, device nodes and pipes are kept, and holes are. What
is in the archive replaces what has its name; a directory stays, with what is in
it. Nothing goes out of the directory: `..` and a first `/` do not count, and a
symbolic link is not followed. A kind of entry that is not known is told and left
out. An owner that an image can't have is refused; --owner sets another.";

pub const STAT: &str = "\
Examples:
  mkimage stat build/eleven.img /etc/rc /dev/tty0";

pub const FIND: &str = "\
Examples:
  mkimage find build/eleven.img
  mkimage find build/eleven.img /etc --name '*.rc' --kind f";

pub const DU: &str = "\
Examples:
  mkimage du build/eleven.img
  mkimage du -s build/eleven.img /usr";

pub const SHELL: &str = "\
Examples:
  mkimage shell build/eleven.img
  mkimage shell build/eleven.img --file commands
  printf 'mkdir /new\\ncp hello.txt :/new\\n' | mkimage shell build/eleven.img

The commands are those of mkimage for files, without the image: `ls -l /etc`,
`put hello.txt /etc`; for `cp`, `sync` and `tar`, `:/PATH` is in the image. `#`
begins a comment. `exit` or the end writes the image, `abort` leaves it as it was. A command
that fails changes nothing; if the commands do not come from a terminal, it is the
last, and the image is left as it was.";

pub const MKDIR: &str = "\
Examples:
  mkimage mkdir -p build/eleven.img /usr/src/linux";

pub const RM: &str = "\
Examples:
  mkimage rm build/eleven.img /etc/motd
  mkimage rm -r build/eleven.img /usr/src";

pub const TREE: &str = "\
Examples:
  mkimage tree build/eleven.img
  mkimage tree --json build/eleven.img /etc";

pub const DF: &str = "\
Examples:
  mkimage df build/eleven.img
  mkimage df --json build/eleven.img";

pub const MKFS: &str = "\
Examples:
  mkimage mkfs small.img --size 1440K
  mkimage mkfs /dev/fd0
  mkimage mkfs large.img --size 64M --inodes 8192 --names 30
  mkimage mkfs build/eleven.img --partition 2 --force";

pub const FSCK: &str = "\
Examples:
  mkimage fsck build/eleven.img
  mkimage fsck --repair --dry-run build/eleven.img    what would be done
  mkimage fsck --repair build/eleven.img
  mkimage fsck --undo build/eleven.img.undo           and back again

What is in use but in no directory gets a name in /lost+found. The repair works
on a copy, which takes the image's place when a second check finds it clean. A
repair that throws away more than it keeps asks first, or is refused.";

pub const DUMP: &str = "\
Examples:
  mkimage dump build/eleven.img super
  mkimage dump build/eleven.img inode 1
  mkimage dump build/eleven.img inode /bin/sh
  mkimage dump build/eleven.img zone 200
  mkimage dump build/eleven.img bitmap zones";

pub const MAP: &str = "\
Examples:
  mkimage map build/eleven.img --svg map.svg
  mkimage map build/eleven.img --svg - | wc -c";

pub const CONVERT: &str = "\
Examples:
  mkimage convert build/eleven.img                     only the lines for bochsrc
  mkimage convert root.img disk.img                    a file system becomes a disk
  mkimage convert disk.img root.img --to file-system   and back
  mkimage convert odd.img even.img --to raw            whole cylinders
  mkimage convert root.img old.img --geometry 410/16/38 --first-sector 2";

pub const CMDLINE: &str = "\
Examples:
  mkimage cmdline build/eleven.img
  mkimage cmdline build/eleven.img 'init=/bin/sh console=ttyS0'
  mkimage cmdline build/eleven.img ''";

pub const KERNEL: &str = "\
Examples:
  mkimage kernel build/eleven.img target/i686-kernel/release/kernel";

pub const UPDATE: &str = "\
Examples:
  mkimage update build/disk.img --from build/eleven.img
  mkimage update my.img --from build/eleven.img --base base.img
  mkimage update --fresh build/disk.img --from build/eleven.img

Three images are compared. Where the disk has what the base has, it gets what
the new image has. Where both differ from the base, the disk keeps what it has,
and the file is named. At the end the base is a copy of the new image.";

pub const EXTRACT: &str = "\
Examples:
  mkimage extract build/eleven.img 2 root.img && fsck.minix -f root.img";

pub const COMPLETIONS: &str = "\
Examples:
  mkimage completions bash > mkimage.bash && . ./mkimage.bash";
