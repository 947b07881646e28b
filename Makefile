# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make help` lists the targets. All of them set the machine up first where
# something is missing (tools/setup.sh), and everything built is below
# $(BUILD) and $(TARGET).

BUILD  := build
TARGET := $(or $(CARGO_TARGET_DIR),target)

# Which edition of the kernel (docs/editions.md). Each other one than classic is a
# feature of the kernel, with a target folder, an image and a floppy of its own.
# Programs, and with them what else is on the disk, are the same for all.
EDITION  := classic
EDITIONS := classic wide
ifneq ($(words $(EDITION))$(filter $(EDITIONS),$(EDITION)),1$(EDITION))
$(error EDITION=$(EDITION): there is no such edition; the known ones are: $(EDITIONS))
endif
ifeq ($(EDITION),classic)
KERNEL_TARGET := $(TARGET)
IMAGE         := $(BUILD)/eleven.img
OTHER         := $(BUILD)/
else
ifneq ($(filter test bench-ceilings web web-serve,$(MAKECMDGOALS)),)
$(error EDITION=$(EDITION): the page is made of the classic kernel; `make test` and `make bench-ceilings` take all editions)
endif
KERNEL_TARGET   := $(TARGET)/$(EDITION)
KERNEL_FEATURES := --target-dir $(KERNEL_TARGET) --features $(EDITION)
IMAGE           := $(BUILD)/$(EDITION).img
# Before the names of what else is made of a kernel.
OTHER           := $(BUILD)/$(EDITION)-
endif

# The kernel side, built for i686-kernel.json. Kernel and programs go in two
# calls, as one would give the kernel the features of lib that programs ask for.
KERNEL_FOLDER := $(KERNEL_TARGET)/i686-kernel/release
KERNEL        := $(KERNEL_FOLDER)/kernel
PROGRAMS      := $(TARGET)/i686-kernel/programs
FLOPPY        := $(OTHER)floppy.img
# The kernel that measures how long interrupts are masked, and its disk.
LATENCY_KERNEL := $(KERNEL_TARGET)/i686-kernel/latency/kernel
LATENCY_IMAGE  := $(OTHER)latency.img
# The kernel of `make debug` and `make gdb`, and its disk.
DEBUGGING_KERNEL := $(KERNEL_TARGET)/i686-kernel/debugging/kernel
DEBUGGING_IMAGE  := $(OTHER)debugging.img
# What `make run` and `make qemu` write to; `make run DISK=FILE` takes another. It
# is brought up to date with the image, and what a person did on it stays.
DISK          := $(BUILD)/disk.img
# A disk of 1991, which is not part of this: that of `make period DISK=FILE`. The
# tests take a copy of it; in `make test` PERIOD_DISK=FILE names it.
PERIOD_DISK   := $(if $(findstring command line,$(origin DISK)),$(DISK))
# The C program of `make bench`.
C_BENCH       := $(BUILD)/c/bench
# For `make run`, `make debug` and their kin: `make run EMULATOR=qemu CMDLINE="no387 keyboard=de"`; bochs, qemu or v86.
# MEMORY is in megabytes.
EMULATOR      := bochs
CMDLINE       :=
MEMORY        :=
# What `make profile` has the guest's shell run, and the call in it whose instructions
# it shows.
JOB           :=
CALL          :=
NTH           :=
GUEST         := $(TARGET)/debug/guest
MKIMAGE       := $(TARGET)/debug/mkimage
RUN            = $(GUEST) run --disk "$(DISK)" --folder $(BUILD) \
	$(if $(CMDLINE),--command-line "$(CMDLINE)") $(if $(MEMORY),--memory $(MEMORY))

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help c editions run qemu period period-test fresh debug gdb screen debugging-image image floppy disk kernel tools screenshot bench c-bench bench-compare bench-ceilings profile latency latency-image soak map original side-by-side test mutants check clean setup web web-packages web-serve FORCE

help: ## list the targets
	@echo "Targets of make:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1	\2/p' $(MAKEFILE_LIST) | expand -t 16
	@echo "EDITION= chooses the kernel for most of them: $(EDITIONS) (docs/editions.md)"

# These need no toolchain.
ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),help)),)
include $(BUILD)/toolchain.mk
endif

# The script itself sees whether there is anything to do.
$(BUILD)/toolchain.mk: FORCE
	@tools/setup.sh

setup: ## install what is missing (every other target does so too)

run: disk tools $(if $(filter v86,$(EMULATOR)),web-packages) ## boot in Bochs: in a window, in the terminal, or without either on a tour; EDITION=, MEMORY=, CMDLINE=
	@$(RUN) --emulator $(EMULATOR)

qemu: disk tools ## boot in QEMU, likewise
	@$(RUN) --emulator qemu

period: floppy tools ## boot a disk of 1991 from our floppy: DISK=old.img, EMULATOR=, MEMORY=
	@test -e "$(PERIOD_DISK)" || { echo "make period: say DISK=FILE, a disk of 1991 with partitions" >&2; exit 1; }
	@$(RUN) --emulator $(EMULATOR) --floppy $(FLOPPY) --boot-floppy

period-test: image floppy tools ## whether Linux 0.11 builds itself on DISK=old.img, in both emulators
	@test -e "$(PERIOD_DISK)" || { echo "make period-test: say DISK=FILE, a disk of 1991 with gcc and /usr/src/linux" >&2; exit 1; }
	@IMAGE=$(abspath $(IMAGE)) PERIOD_DISK=$(abspath $(PERIOD_DISK)) RUST_BACKTRACE=0 \
		$(HOST_CARGO) test -p guest --test system -- --ignored period_disk

fresh: image ## throw the disk of `make run` away and begin a new one
	@$(MKIMAGE) update --fresh "$(DISK)" --from $(IMAGE)

debug: debugging-image ## Bochs's debugger, stopped at the kernel's entry; DISPLAY= for no window
	@$(GUEST) debug --image $(DEBUGGING_IMAGE) --kernel $(DEBUGGING_KERNEL) \
		--folder $(BUILD) --command-line "$(CMDLINE)"

gdb: debugging-image ## gdb on QEMU, stopped in the kernel's main; DISPLAY= for no window
	@$(GUEST) gdb --image $(DEBUGGING_IMAGE) --kernel $(DEBUGGING_KERNEL) \
		--folder $(BUILD) --command-line "$(CMDLINE)"

screen: tools ## the guest of `make debug` or `make gdb`, in a second terminal
	@$(GUEST) screen --folder $(BUILD)

# A kernel in which nearly every function is still one, so that a debugger finds
# it: nothing is inlined but what says `inline(always)`.
debugging-image: kernel tools
	RUSTFLAGS="-C force-frame-pointers=yes -Z inline-mir=no \
		-C llvm-args=-inline-threshold=-2147483648 \
		-C llvm-args=-inlinehint-threshold=-2147483648" \
		$(KERNEL_CARGO) build --profile debugging $(KERNEL_FLAGS) $(KERNEL_FEATURES) -p kernel
	@$(MKIMAGE) build --manifest hdimage/image.toml \
		--output $(DEBUGGING_IMAGE) --boot $(KERNEL_FOLDER)/boot \
		--kernel $(DEBUGGING_KERNEL) --programs $(PROGRAMS)

image: kernel tools ## the disk image, build/eleven.img (EDITION=wide: build/wide.img)
	@$(MKIMAGE) build --manifest hdimage/image.toml \
		--output $(BUILD)/new.img --boot $(KERNEL_FOLDER)/boot \
		--kernel $(KERNEL) --programs $(PROGRAMS)
	@tools/image.sh $(MKIMAGE) $(BUILD)/new.img $(IMAGE) $(BUILD)/disk.img

# All images, one after the other; for the tests.
editions: image
	@for edition in $(filter-out classic,$(EDITIONS)); do \
		$(MAKE) --no-print-directory image EDITION=$$edition || exit 1; \
	done

floppy: kernel tools ## a floppy of 1.44 MB that boots the same kernel, build/floppy.img
	@$(MKIMAGE) floppy --output $(FLOPPY) \
		--boot $(KERNEL_FOLDER)/boot --kernel $(KERNEL)

disk: image
	@$(MKIMAGE) update "$(DISK)" --from $(IMAGE)

kernel:
	$(KERNEL_CARGO) build --release $(KERNEL_FLAGS) $(KERNEL_FEATURES) -p boot -p kernel
	$(KERNEL_CARGO) build --profile programs $(PROGRAM_FLAGS) -p programs -p manual -p guest-tests

tools:
	$(HOST_CARGO) build -p mkimage -p guest

c: ## a C program for the disk, build/c/hello: FILE=hello.c, CFLAGS=
	@$(HOST_CARGO) build --quiet -p mkimage
	@$(MAKE) --no-print-directory -f hdimage/c/Makefile BUILD=$(BUILD) MKIMAGE=$(MKIMAGE)

screenshot: image tools ## a picture of the booted machine, docs/screenshot.png
	@$(GUEST) screenshot docs/screenshot.png --image $(IMAGE) \
		--type 'uname -a' --type 'ls -l /' --type 'ls -l / | grep bin | wc -l'

bench: image tools $(if $(filter classic,$(EDITION)),c-bench) ## ticks of each operation in Bochs, beside the C kernel's, or an EDITION= beside classic
ifneq ($(EDITION),classic)
	@$(MAKE) --no-print-directory image EDITION=classic
	@$(GUEST) bench --image $(IMAGE) --kernel $(KERNEL) --classic $(BUILD)/eleven.img
else
	@$(GUEST) bench --image $(IMAGE) --kernel $(KERNEL) \
		$$(test ! -e $(C_BENCH) || echo --c-program $(C_BENCH))
endif

# The C program of the benchmark, where the compiler can make it.
c-bench: tools
	@rm -f $(C_BENCH)
	@$(MAKE) --no-print-directory --silent -f hdimage/c/Makefile BUILD=$(BUILD) MKIMAGE=$(MKIMAGE) \
		FILE=hdimage/c/tests/bench.c CFLAGS=-O1 || echo "make bench: goes on without the C program" >&2

bench-compare: tools ## ticks of each operation in two commits: OLD=HEAD~3 NEW=HEAD
	@GUEST=$(GUEST) tools/bench-compare.sh '$(OLD)' '$(NEW)'

bench-ceilings: editions tools c-bench ## measure, and write what the tests let each operation cost
	@$(GUEST) bench-ceilings --image $(BUILD)/eleven.img --kernel $(KERNEL) \
		--wide $(BUILD)/wide.img --c-program $(C_BENCH)

profile: image tools $(if $(PERIOD_DISK),floppy) ## where the instructions of a boot go, or of JOB='ls -lR /', or of CALL=fork, NTH=2; DISK=old.img
	@$(GUEST) profile --kernel $(KERNEL) $(if $(JOB),--job '$(subst ','\'',$(JOB))') \
		$(if $(CALL),--call '$(CALL)') $(if $(NTH),--nth $(NTH)) \
		$(if $(PERIOD_DISK),--image "$(PERIOD_DISK)" --floppy $(FLOPPY),--image $(IMAGE))

latency: latency-image ## the longest stretches with interrupts masked, measured in Bochs
	@$(GUEST) latency --image $(LATENCY_IMAGE) --kernel $(LATENCY_KERNEL)

# Frame pointers tell who called.
latency-image: kernel tools
	RUSTFLAGS="-C force-frame-pointers=yes" $(KERNEL_CARGO) build \
		--profile latency --features latency $(KERNEL_FLAGS) $(KERNEL_FEATURES) -p kernel
	@$(MKIMAGE) build --manifest hdimage/image.toml \
		--output $(LATENCY_IMAGE) --boot $(KERNEL_FOLDER)/boot \
		--kernel $(LATENCY_KERNEL) --programs $(PROGRAMS)

soak: image tools ## a million random system calls in each emulator, by a user and by root
	@$(GUEST) soak --image $(IMAGE) --folder $(OTHER)soak

web: image floppy web-packages ## the page, for any web server: build/web
	@$(HOST_CARGO) build --quiet -p symbols
	@$(TARGET)/debug/symbols $(KERNEL) tools/web/symbols.toml --output $(BUILD)/symbols.json
	@$(HOST_CARGO) run --quiet -p side-by-side -- pages --ours-only --machine ../index.html --symbols $(BUILD)/symbols.json --output $(BUILD)/web-source >/dev/null
	@node tools/web/build.js $(BUILD)/web $(IMAGE) $(BUILD)/floppy.img $(BUILD)/symbols.json $(BUILD)/web-source

web-packages: ## v86 and what else the page is made of
	@tools/setup.sh web
	@cmp -s tools/web/package-lock.json tools/web/node_modules/.installed || { \
		npm ci --prefix tools/web && \
		cp tools/web/package-lock.json tools/web/node_modules/.installed; }

web-serve: web ## the page on this machine; prints its address
	@node tools/web/serve.js $(BUILD)/web

map: ## docs/map.md, of docs/map.toml: what became of each symbol of Linux 0.11
	@$(HOST_CARGO) run --quiet -p side-by-side -- guide

original: ## bring the sources of Linux 0.11: C=PATH is a folder, archive or disk image
	@$(HOST_CARGO) run --quiet -p side-by-side -- original $(if $(C),"$(C)")

side-by-side: ## both sources in HTML, or SHOW=sched.c:schedule here; C=PATH is other sources of 0.11
ifneq ($(SHOW),)
	@$(HOST_CARGO) run --quiet -p side-by-side -- show $(if $(COLOR),--color "$(COLOR)") "$(SHOW)" $(if $(C),"$(C)")
else
	@$(HOST_CARGO) run --quiet -p side-by-side -- pages $(if $(C),"$(C)") --output $(BUILD)/side-by-side
endif

test: editions image floppy latency-image debugging-image tools ## all tests: on the host, in both emulators, in the guest
	@IMAGE=$(abspath $(IMAGE)) KERNEL=$(abspath $(KERNEL)) \
		WIDE_IMAGE=$(abspath $(BUILD)/wide.img) WIDE_KERNEL=$(abspath $(TARGET)/wide/i686-kernel/release/kernel) \
		LATENCY_IMAGE=$(abspath $(LATENCY_IMAGE)) LATENCY_KERNEL=$(abspath $(LATENCY_KERNEL)) \
		PERIOD_DISK="$(if $(PERIOD_DISK),$(abspath $(PERIOD_DISK)))" \
		DEBUGGING_IMAGE=$(abspath $(DEBUGGING_IMAGE)) DEBUGGING_KERNEL=$(abspath $(DEBUGGING_KERNEL)) \
		HOST_CARGO="$(HOST_CARGO)" tools/test.sh

mutants: ## whether the tests notice a changed line: FILE="tools/mkimage/src/mode.rs ..." or all
	@HOST_CARGO="$(HOST_CARGO)" tools/mutants/run.py $(foreach file,$(FILE),'$(file)')

check: ## format and lints of all crates, host and kernel
	$(HOST_CARGO) fmt --all --check
	$(HOST_CARGO) clippy --all-targets -- -D warnings
	$(HOST_CARGO) clippy -p mm --features wide --all-targets -- -D warnings
	$(HOST_CARGO) clippy -p programs -p manual --lib -- -D warnings
	$(KERNEL_CARGO) clippy --release $(KERNEL_FLAGS) -p boot -p kernel -- -D warnings
	$(KERNEL_CARGO) clippy --release --features latency $(KERNEL_FLAGS) -p kernel -- -D warnings
	$(KERNEL_CARGO) clippy --release --features wide $(KERNEL_FLAGS) -p kernel -- -D warnings
	$(KERNEL_CARGO) clippy --profile programs $(PROGRAM_FLAGS) -p programs -p manual -p guest-tests -- -D warnings

clean: ## remove what was built
	rm -rf $(BUILD) $(TARGET) tools/web/node_modules
