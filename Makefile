# SPDX-License-Identifier: GPL-2.0-or-later
# The only entry. `make` prints the targets.

VERSION := 0.2.0

O ?= build
# One name for one folder: an absolute O in this folder and a relative one make the same objects.
override O := $(patsubst $(CURDIR)/%,%,$(abspath $(O)))
CROSS_COMPILE ?=
SYSROOT ?=
SANITIZE ?=
PREFIX ?= /usr/local
PKG_CONFIG ?= pkg-config
DESTDIR ?=
RESULTS ?= results/runs
KERNEL ?= 6.12
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/zapbench
export KERNEL

# The user did not choose make's default for CC.
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif

src := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
vpath %.c $(src)

bindir := $(DESTDIR)$(PREFIX)/bin
mandir := $(DESTDIR)$(PREFIX)/share/man/man1
units := $(src)/scripts/systemd/zapbench-nightly
unitdir := $(DESTDIR)$(PREFIX)/lib/systemd/system
sysusers := $(DESTDIR)$(PREFIX)/lib/sysusers.d/zapbench.conf
tmpfiles := $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/zapbench.conf
completiondir := $(DESTDIR)$(PREFIX)/share/bash-completion/completions

WARNINGS := -Wall -Wextra -Wmissing-prototypes -Wshadow $(if $(WERROR),-Werror)
CFLAGS ?= -O2 -g
modules := hwloc jansson gsl zlib sqlite3
# Evaluated when a recipe runs, not when this file is read: `make deps bench` installs the libraries in between.
pkg_config = $(if $(SYSROOT),PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) PKG_CONFIG_LIBDIR=$(pkg_dirs) )$(PKG_CONFIG)
pkg_dirs = $(SYSROOT)/usr/lib/$(shell $(CC) -dumpmachine)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig
# Flags that change an object. $(O)/flags, below, rebuilds all objects when they change. The folder of generated headers
# has the name that their rules have: a change of version.h must reach its objects in the same make.
sysroot_flags = $(if $(SYSROOT),--sysroot=$(SYSROOT))
# A number that fits no integer is undefined too; for gcc, unlike clang, "undefined" does not mean it.
sanitize = $(SANITIZE:%=-fsanitize=%)$(if $(findstring undefined,$(SANITIZE)), -fsanitize=float-cast-overflow)
own_flags = -std=gnu11 -D_GNU_SOURCE -I$(src) -I$(src)/kpatch/src/include/uapi -I$(O)/include \
	$(WARNINGS) $(sysroot_flags) \
	$(sanitize) $(if $(SANITIZE),-fno-sanitize-recover=all -fno-omit-frame-pointer)
compile = $(CC) $(CPPFLAGS) $(own_flags) $(CFLAGS) $(shell $(pkg_config) --cflags $(modules)) -MMD -MP
# -z now: symbols are resolved at start-up, and not by the first call in a timed region.
link = $(CC) $(sysroot_flags) $(sanitize) $(CFLAGS) $(LDFLAGS) -Wl,-z,now -pthread
# A sysroot has no linker cache, so the linker is told where the libraries of libraries are.
link_paths = $(if $(SYSROOT),-Wl$(comma)-rpath-link=$(SYSROOT)/usr/lib/$(shell $(CC) -dumpmachine))
comma := ,
libraries = $(link_paths) $(shell $(pkg_config) --libs $(modules)) -lpfm -lm

find = $(sort $(patsubst $(src)/%,%,$(wildcard $(addprefix $(src)/,$(1)))))
sources := $(call find,bench/*/*.c report/*/*.c)
test_sources := $(call find,bench/test/test_*.c report/test/test_*.c)
# QEMU loads what is in bench/qemu, not the program; tests link all of it but the plugin itself.
model_sources := $(filter-out bench/qemu/plugin.c,$(filter bench/qemu/%.c,$(sources)))
model_objects := $(model_sources:%.c=$(O)/%.o)
plugin := $(O)/qemu-plugin.so
sources := $(filter-out bench/test/%.c report/test/%.c bench/qemu/%.c,$(sources))
# Programs that tests and check-statistics call: false alarms, and the cost of a history of years.
alarms := $(O)/report/test/alarms
nights := $(O)/report/test/nights
replay := $(O)/report/test/replay
statistics := $(O)/report/test/statistics
nomemory := $(O)/report/test/no-memory
tools := $(alarms) $(nights) $(nomemory) $(replay) $(statistics) $(O)/report/test/fuzz
objects := $(sources:%.c=$(O)/%.o)
tests := $(test_sources:%.c=$(O)/%)
# What test scripts call. TESTS= needs the test programs with one of its words in their names, and what such scripts
# call.
called := $(addprefix $(O)/,bench/test/test_record report/test/test_choice report/test/test_compare) $(alarms) \
	$(nights) $(nomemory) $(replay)
has_word = $(strip $(foreach word,$(TESTS),$(findstring $(word),$(1:$(O)/%=%))))
with_word = $(strip $(if $(TESTS),$(foreach test,$(1),$(if $(call has_word,$(test)),$(test))),$(1)))
named := $(call with_word,$(tests))
ifneq ($(TESTS),)
called := $(filter $(called),$(addprefix $(O)/,$(shell \
	cat /dev/null $(addprefix $(src)/,$(call with_word,$(call find,*/test/*.sh))) | \
	grep -oE 'O/(bench|report)/test/[a-z_-]+' | cut -d / -f 2-)))
endif
headers := $(call find,bench/*/*.h report/*/*.h)
scripts_checked := $(call find,scripts/*.sh scripts/lava/*.sh .ci/run \
	$(foreach room,bench report scripts,$(room)/test/*.sh $(room)/test/fixtures/*.sh))

# On all CPUs, if the user does not say otherwise. Several targets keep their order: make bench report.
ifeq ($(filter-out 0 1,$(words $(filter-out deps,$(MAKECMDGOALS))))$(filter -j%,$(MAKEFLAGS))$(MAKELEVEL:0=),)
MAKEFLAGS += -j$(shell nproc)
endif

.DELETE_ON_ERROR:
.PHONY: help all deps bench bench-full bench-module bench-qemu nightly nightly-qemu gate gate-accept report \
	report-example arm64 armhf dist-target deb kpatch module check check-all check-mutants check-statistics fuzz fuzzer \
	bench-history check-fresh check-qemu check-model check-estimates check-module check-deb check-board check-systemd \
	check-lava check-kernel check-load check-year lint install uninstall clean libraries FORCE

help:
	@echo 'zapbench $(VERSION): what zapping and refaulting the mappings of a dma-buf costs'
	@echo
	@echo 'Measure'
	@echo '  make bench       build, measure this machine in under 90 s, print a table'
	@echo '                   (RUN="options of zapbench run")'
	@echo '  make bench-full  the same with sweeps, 10 minutes or more'
	@echo '  make bench-module    the same on a stock kernel 6.12 or 6.1, with the heaps as modules'
	@echo '  make bench-qemu  every policy of the kernel patch in an emulated arm64 guest, in instructions'
	@echo '                   (KERNEL=6.12|6.1 PAGE_SIZE=4k|16k|64k QEMU_CPU= SMP=)'
	@echo '                   (HEAPS=module: the heaps as modules, in a stock kernel of Debian)'
	@echo '                   (MODEL=cortex-a53|-a55|-a72|-a76: also cache and TLB misses, by a model;'
	@echo '                   MODEL=zen4: the same of an x86-64 guest without the patch)'
	@echo '  make nightly     measure, store, look for changes, update the dashboard (RUN=)'
	@echo '  make nightly-qemu    the same in instructions'
	@echo 'Read'
	@echo '  make report      write a report of the newest result: HTML, text, PDF, plots (RESULT=FILE... OUT=DIR)'
	@echo '  make report-example  write the report of results/reference/ to report/example/'
	@echo 'Build and install'
	@echo '  make deps        install the Debian packages that are missing, as root or with sudo'
	@echo '  make all         build $(O)/zapbench'
	@echo '  make arm64       build $(O)/arm64/zapbench, with a sysroot that it downloads'
	@echo '  make armhf       the same for 32-bit Arm'
	@echo '  make install     install program, man page, completion and systemd timer (PREFIX=$(PREFIX) DESTDIR=)'
	@echo '  make uninstall   remove what make install installed'
	@echo '  make dist-target make an archive for boards without a compiler, in $(O) (TARGET=arm64|armhf)'
	@echo '  make deb         make Debian packages in $(O)/deb: zapbench, and zapbench-dkms, the heaps as modules'
	@echo '                   (DEB_HOST_ARCH=arm64|armhf: cross-built)'
	@echo '  make kpatch      write the kernel patch as a series for git am, to $(O)/kpatch-$(KERNEL)'
	@echo '                   (SERIES=wc-heap|zap: a series to send, with a cover letter; see docs/sending.md)'
	@echo '  make module      build the zap heaps as modules of a stock kernel, 6.12 or 6.1'
	@echo '                   (KDIR= ARCH= CROSS_COMPILE=)'
	@echo '  make clean       remove $(O)'
	@echo 'Check'
	@echo '  make check       run the tests (TESTS="WORD...": those with a word in their name)'
	@echo '  make lint        check format, includes, scripts, documents and the warnings of gcc and clang'
	@echo '  make check-fresh     run the commands of the README on a minimal Debian (STEPS= USERS=)'
	@echo '  make check-qemu  test the emulated runs; builds the kernel'
	@echo '  make check-model     test the modelled caches and TLBs in emulated runs'
	@echo '  make check-estimates     compare estimates from a model of zen4 with times of this machine'
	@echo '  make check-module    test the modules on stock kernels of Debian, which it downloads'
	@echo '  make check-deb   install, use and remove the packages in a clean Debian; builds the modules with DKMS'
	@echo '  make check-board     from a stock arm64 Debian to an answer: both packages, in QEMU'
	@echo '  make check-systemd   run the nightly service and its timer under systemd, in a Debian in QEMU'
	@echo '  make check-kernel    build, boot and test the kernel patch (STEPS="series tests ..." or all)'
	@echo '  make check-lava  run the jobs of scripts/lava/ with the dispatcher of LAVA, without a server'
	@echo '  make check-mutants   break each promise of the program by a change of one line; fail if no test notices'
	@echo '  make fuzz        feed hostile records, journals, indexes and options to the program (SECONDS_EACH=60)'
	@echo '  make check-load  many processes add to one history and read it; some are killed (LOAD_SECONDS=600)'
	@echo '  make check-year  run a year of nights, half of them with a fault (YEAR_NIGHTS=365)'
	@echo '  make check-statistics    measure the false alarms of comparisons and the smallest change they find'
	@echo '  make check-all   what .ci/run leaves out: every kernel step, page size and mutant; takes several hours'
	@echo '  make gate        fail if a policy costs more instructions than the reference in results/reference/'
	@echo '  make gate-accept REASON=WHY    the results of make gate become the reference'
	@echo '  make bench-history   time and size of a history of NIGHTS=10000 simulated runs'
	@echo
	@echo 'make deps TARGET installs what TARGET needs: make deps bench installs what building and measuring need,'
	@echo 'make deps check also what the tests need. Packages that start a service come only by name:'
	@echo 'GROUPS="services lava" (promtool of Prometheus, the dispatcher of LAVA). Groups: scripts/packages.'
	@echo
	@echo '  O=DIR                         build in DIR'
	@echo '  CROSS_COMPILE=aarch64-linux-gnu- SYSROOT=DIR    build for Arm (sysroot: scripts/sysroot.sh DIR)'
	@echo '  SANITIZE=address,undefined    build with sanitizers; use another O='

# Groups of scripts/packages that a target needs beside "build". make deps installs those of the targets named with it.
# Targets that need more than build and test, such as bench-qemu or report, install them without make deps, too.
groups_check := test
groups_check-mutants := test
groups_check-statistics := test
groups_lint := lint
groups_check-load := test
groups_check-year := test
groups_fuzz := test lint
groups_arm64 := cross
groups_armhf := cross-armhf
groups_dist-target := cross cross-armhf
groups_module := module
groups_bench-module := module
groups_deb := deb
groups_report := report
groups_report-example := report
groups_nightly := report
groups_nightly-qemu := cross kernel report
groups_bench-qemu := cross kernel $(if $(filter module,$(HEAPS)),module)
groups_gate := cross kernel $(if $(filter module,$(HEAPS)),module)
groups_check-qemu := test cross kernel
groups_check-model := test cross kernel
groups_check-estimates := test kernel
groups_check-module := test cross cross-armhf kernel check-module
groups_check-deb := deb cross cross-armhf kernel check-deb
groups_check-board := deb cross kernel check-board
groups_check-systemd := check-systemd
groups_check-lava := test cross kernel
groups_check-kernel := cross kernel check-kernel
groups_check-fresh := check-fresh
groups_check-all := test lint cross kernel check-kernel
install_groups = @$(src)/scripts/deps.sh build $(groups_$@)

deps:
	@$(src)/scripts/deps.sh build $(foreach target,$(MAKECMDGOALS),$(groups_$(target))) $(GROUPS)

# Targets named together with deps wait for it, with any -j.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
libraries arm64 armhf $(filter-out deps,$(MAKECMDGOALS)): | deps
endif

all: $(O)/zapbench

libraries:
	@CC='$(CC)' SYSROOT='$(SYSROOT)' PKG_CONFIG='$(pkg_config)' $(src)/scripts/libraries.sh $(modules)

# Written only when its content changes, as objects depend on its time stamp.
git := $(shell git -C $(src) describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null)
$(O)/include/version.h: FORCE
	@mkdir -p $(@D)
	@printf '#define ZAPBENCH_VERSION "%s"\n#define ZAPBENCH_GIT "%s"\n' '$(VERSION)' '$(git)' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# The scripts of plots are in the program, so that it is one file.
plots := $(call find,report/render/plots/*.gp)
$(O)/include/plots.h: $(addprefix $(src)/,$(plots))
	@mkdir -p $(@D)
	@{ echo 'static const struct plot_script { const char *name, *text; } plot_scripts[] = {'; \
	for script in $^; do \
		echo "{ \"$$(basename $$script .gp)\","; sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/' $$script; echo '},'; \
	done; echo '};'; } >$@

# So is the script of pages with a search, and its hash, by which the pages allow this script and no other.
$(O)/include/search.h: $(src)/report/render/search.js
	@mkdir -p $(@D)
	@{ echo '#define SEARCH_SCRIPT \\'; sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n" \\/' $<; echo '""'; \
	echo "#define SEARCH_SHA256 \"$$(sha256sum <$< | cut -d ' ' -f 1 | tr a-f A-F | basenc --base16 -d | \
		base64)\""; } >$@

# And the scripts of series and of comparisons, which are written beside their pages: NAME.js is NAME_SCRIPT.
site_scripts := series compare-runs
$(site_scripts:%=$(O)/include/%.h): $(O)/include/%.h: $(src)/report/site/%.js
	@mkdir -p $(@D)
	@{ echo "#define $$(echo $* | tr a-z- A-Z_)_SCRIPT \\\\"; \
	sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n" \\/' $<; echo '""'; } >$@

$(O)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(own_flags) $(CFLAGS) $(LDFLAGS)' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

generated := $(O)/include/version.h $(O)/include/plots.h $(O)/include/search.h \
	$(site_scripts:%=$(O)/include/%.h)
# Tests are compiled more often than they run; their calculations are the program's. The tools have some of their own.
$(tests:%=%.o): test_flags := -O0
$(objects) $(model_objects) $(tests:%=%.o) $(tools:%=%.o): $(O)/%.o: %.c $(O)/flags | libraries $(generated)
	@mkdir -p $(@D)
	@echo '  CC      $<'
	@$(compile) $(test_flags) -c $< -o $@

$(O)/zapbench: $(objects)
	@echo '  LINK    $@'
	@$(link) $^ $(libraries) -o $@

# Its lists are the program's own.
$(O)/zapbench.1: $(src)/bench/zapbench.1 $(src)/scripts/man.sh $(O)/zapbench
	@$(src)/scripts/man.sh $(O)/zapbench <$< >$@

# Every test links what it needs of the program without main(), so that no test has a list of objects. What sets
# libraries up before main() is in each, though nothing refers to it.
in_each := $(O)/bench/base/gsl.o $(O)/bench/base/jansson.o
$(O)/program.a: $(filter-out $(O)/bench/cli/main.o $(in_each),$(objects)) $(model_objects)
	@rm -f $@
	@$(CROSS_COMPILE)ar rcs $@ $^

$(tests) $(tools): %: %.o $(in_each) $(O)/program.a
	@echo '  LINK    $@'
	@$(link) $(whole) $^ $(if $(whole),-Wl$(comma)--no-whole-archive) $(libraries) -lcmocka -o $@

# It counts the faults of the program's text, so it needs all of it.
$(O)/bench/test/test_worker: whole := -Wl,--whole-archive

# For the QEMU of this machine, whose symbols it finds when it is loaded.
$(plugin): $(addprefix $(src)/,$(model_sources) bench/qemu/plugin.c $(call find,bench/qemu/*.h bench/base/marks.h))
	@mkdir -p $(@D)
	@echo '  PLUGIN  $@'
	@$(CC) $(CPPFLAGS) $(own_flags) $(CFLAGS) -fPIC -shared $(filter %.c,$^) -o $@

# RUN: options of zapbench run. Status 3, some samples are invalid, is no failure of make: the table shows it.
bench: all
	@$(O)/zapbench run $(RUN) --out $(RESULTS)/ || [ $$? -eq 3 ]

bench-full: all
	@$(O)/zapbench run --profile full $(RUN) --out $(RESULTS)/ || [ $$? -eq 3 ]

# Another make builds the Arm program, in another folder.
tools_arm64 := aarch64-linux-gnu-
tools_armhf := arm-linux-gnueabihf-
arm64 armhf:
	$(install_groups)
	@$(src)/scripts/sysroot.sh '$(CACHE)/sysroot-$@' $@
	@+$(MAKE) --no-print-directory -f $(src)/Makefile all O=$(O)/$@ \
		CROSS_COMPILE=$(tools_$@) SYSROOT='$(CACHE)/sysroot-$@'

# The lists of the man page come from the program, which runs here only when it is built for this machine.
TARGET ?= arm64
dist-target: $(TARGET) $(O)/zapbench.1
	@$(src)/scripts/dist-target.sh $(O)/$(TARGET)/zapbench '$(CACHE)/sysroot-$(TARGET)' $(O)/zapbench.1 $(O) \
		$(VERSION) $(TARGET)

deb: $(O)/zapbench.1
	$(install_groups)
	@$(src)/scripts/deb.sh $(O)/deb $(VERSION) $(O)/zapbench.1

# MODEL: the plugin and this machine's program, which adds the modelled counts to the record. The guest of zen4 runs
# this machine's program, too.
bench-qemu: $(if $(filter zen4,$(MODEL)),,arm64) $(if $(MODEL),all $(plugin))
	$(install_groups)
	@KBUILD_DIR='$(CACHE)/kernel' $(src)/scripts/bench-qemu.sh $(O)/arm64/zapbench '$(CACHE)/sysroot-arm64' \
		$(RESULTS) $(if $(MODEL),$(abspath $(plugin)) $(O)/zapbench)

# Status 3 means that there are too few runs yet to look for changes: make does not fail for it.
nightly: all
	$(install_groups)
	@ZAPBENCH=$(O)/zapbench ZAPBENCH_FOLDER=$(RESULTS) $(src)/scripts/nightly.sh $(RUN) || [ $$? -eq 3 ]

nightly-qemu: all arm64 $(if $(MODEL),$(plugin))
	$(install_groups)
	@ZAPBENCH=$(O)/zapbench ZAPBENCH_FOLDER=$(RESULTS) KBUILD_DIR='$(CACHE)/kernel' \
		ZAPBENCH_MEASURE='measure() { $(src)/scripts/bench-qemu.sh $(O)/arm64/zapbench $(CACHE)/sysroot-arm64 \
			"$$1" $(if $(MODEL),$(abspath $(plugin)) $(O)/zapbench); }; measure' \
		$(src)/scripts/nightly.sh || [ $$? -eq 3 ]

gate: all
	$(install_groups)
	@PROGRAM='$(abspath $(O))/zapbench' $(src)/scripts/gate.sh check $(O)/gate

gate-accept:
	@$(src)/scripts/gate.sh accept $(O)/gate '$(subst ','\'',$(REASON))'

# RESULT: one or more results files. OUT: the folder for their report.
RESULT ?= $(RESULTS)/latest.json
OUT ?= $(O)/report
report: all
	$(install_groups)
	@$(O)/zapbench report $(RESULT) --out $(OUT)

# The committed report, of the committed results.
report-example: all
	$(install_groups)
	@cd $(src) && $(abspath $(O))/zapbench report results/reference/*.json --out report/example

# A series to send has a cover letter, with figures of the reference result of its kernel.
SERIES ?= bench
kpatch_to = $(O)/kpatch$(if $(filter-out bench,$(SERIES)),-$(SERIES))-$(KERNEL)
kpatch: export SERIES := $(SERIES)
kpatch: $(if $(filter-out bench,$(SERIES)),all)
	@$(src)/scripts/kpatch-series.sh $(kpatch_to)
	@[ $(SERIES) = bench ] || $(src)/scripts/kpatch-cover.sh $(O)/zapbench \
		$(src)/results/reference/qemu-$(KERNEL)-4k.json $(kpatch_to)
	@echo "$(kpatch_to): $$(ls $(kpatch_to)/*.patch | wc -l) patches for Linux $(KERNEL), for git am"

# RUN: options of zapbench run.
bench-module: all module
	@$(src)/scripts/bench-module.sh $(O)/module/module $(O)/zapbench $(RESULTS)/ $(RUN)

# The stock kernels that check-module tests; without a name behind it the version is for arm64.
MODULE_KERNELS ?= 6.12 6.1 6.12-16k 6.12-amd64 6.1-amd64 6.1-armhf
# KDIR, ARCH and CROSS_COMPILE as for a kernel; without KDIR the headers of the running kernel.
module:
	@KDIR='$(KDIR)' ARCH='$(ARCH)' CROSS_COMPILE='$(CROSS_COMPILE)' $(src)/scripts/module.sh $(O)/module

# The steps are in the script.
check-kernel:
	$(install_groups)
	@KBUILD_DIR='$(CACHE)/kernel' $(src)/scripts/check-kernel.sh $(STEPS)

check: all $(named) $(called)
	@O='$(abspath $(O))' SRC='$(src)' $(src)/scripts/check.sh $(abspath $(named))

# Do the tests notice when a line breaks a promise? MUTANTS=TEXT: those with it only.
check-mutants: all $(tests) $(alarms) $(nights) $(nomemory) $(replay)
	@O='$(abspath $(O))' SRC='$(src)' COMPILE='$(compile) -I$(abspath $(O))/include' LINK='$(link)' LIBS='$(libraries)' \
		OBJECTS='$(abspath $(objects) $(model_objects))' $(src)/scripts/check-mutants.sh

# Hostile input. SECONDS_EACH, FUZZ: as the script says. The fuzzer is clang's, so it is built in a folder of its own.
fuzz:
	$(install_groups)
	@+$(MAKE) --no-print-directory -f $(src)/Makefile fuzzer O=$(O)/fuzz CC=clang \
		SANITIZE=address,undefined,fuzzer-no-link
	@$(src)/scripts/fuzz.sh $(O)/fuzz/report/test/fuzz $(O)/fuzz/corpus

fuzzer: $(O)/report/test/fuzz
$(O)/report/test/fuzz: link += -fsanitize=fuzzer

# About 20 minutes; the steps are in the script.
check-statistics: all $(alarms) $(replay) $(statistics)
	@$(src)/scripts/check-statistics.sh $(O)/zapbench $(alarms) $(replay) $(statistics)

# Many processes at one history, and a year of nights: the scripts have their variables.
check-load: all
	@$(src)/scripts/check-load.sh $(O)/zapbench $(O)

check-year: all
	@$(src)/scripts/check-year.sh $(O)/zapbench $(O)

# NIGHTS simulated runs; more of them continue the folder that is there.
NIGHTS ?= 10000
bench-history: $(nights)
	@$(nights) $(O)/nights $(NIGHTS) 200

# The commands of the README on a fresh machine: steps and users are in the script.
check-fresh:
	$(install_groups)
	@CACHE='$(CACHE)' $(src)/scripts/check-fresh.sh $(O)/check-fresh

check-qemu: all dist-target
	$(install_groups)
	@O='$(abspath $(O))' KBUILD_DIR='$(CACHE)/kernel' $(src)/scripts/check-qemu.sh \
		$(O)/arm64/zapbench '$(CACHE)/sysroot-arm64' $(O)/zapbench-$(VERSION)-aarch64.tar.gz

check-model: all arm64 $(plugin)
	$(install_groups)
	@O='$(abspath $(O))' KBUILD_DIR='$(CACHE)/kernel' $(src)/scripts/check-model.sh \
		$(O)/arm64/zapbench '$(CACHE)/sysroot-arm64' $(abspath $(plugin))

# It measures this machine: nothing else should run.
check-estimates: all $(plugin)
	$(install_groups)
	@KBUILD_DIR='$(CACHE)/kernel' $(src)/scripts/check-estimates.sh $(O)/zapbench $(abspath $(plugin)) $(O)/estimates

check-module: all arm64 $(if $(findstring armhf,$(MODULE_KERNELS)),armhf)
	$(install_groups)
	@O='$(abspath $(O))' $(src)/scripts/check-module.sh $(O)/arm64/zapbench '$(CACHE)/sysroot-arm64' '$(CACHE)' \
		$(MODULE_KERNELS)

# The packages are those of a build in a folder of its own, so that none of another commit is among them.
check-deb: all $(O)/zapbench.1
	$(install_groups)
	@O='$(abspath $(O))' $(src)/scripts/check-deb.sh $(VERSION) $(O)/zapbench.1 '$(CACHE)'

check-board: all $(O)/zapbench.1
	$(install_groups)
	@O='$(abspath $(O))' $(src)/scripts/check-board.sh $(VERSION) $(O)/zapbench.1 '$(CACHE)'

check-systemd: all $(O)/zapbench.1
	$(install_groups)
	@O='$(abspath $(O))' $(src)/scripts/check-systemd.sh '$(CACHE)/systemd'

# LAVA starts a service that looks for a server, so it comes only by name: make deps check-lava GROUPS=lava
check-lava: all arm64
	$(install_groups)
	@O='$(abspath $(O))' KBUILD_DIR='$(CACHE)/kernel' $(src)/scripts/check-lava.sh \
		$(O)/arm64/zapbench '$(CACHE)/sysroot-arm64' '$(CACHE)/lava'

# What .ci/run leaves out: several hours. The steps are in the script.
check-all:
	$(install_groups)
	@$(src)/scripts/check-all.sh '$(abspath $(O))/check-all'

lint: all $(O)/zapbench.1
	@cd $(src) && CC='$(CC)' $(src)/scripts/lint.sh '$(abspath $(O))' \
		$(sources) $(model_sources) bench/qemu/plugin.c \
		$(test_sources) $(tools:$(O)/%=%.c) -- $(headers) -- $(scripts_checked)

install: all $(O)/zapbench.1
	install -D -m 755 $(O)/zapbench $(bindir)/zapbench
	install -D -m 644 $(O)/zapbench.1 $(mandir)/zapbench.1
	install -D -m 644 $(src)/bench/zapbench.completion $(completiondir)/zapbench
	ln -sf zapbench $(completiondir)/zapbench-nightly
	install -D -m 755 $(src)/scripts/nightly.sh $(bindir)/zapbench-nightly
	install -d $(unitdir)
	sed 's|@bindir@|$(PREFIX)/bin|; s|@prefix@|$(PREFIX)|' $(units).service >$(unitdir)/zapbench-nightly.service
	install -m 644 $(units).timer $(unitdir)/zapbench-nightly.timer
	install -D -m 644 $(dir $(units))zapbench.sysusers $(sysusers)
	install -D -m 644 $(dir $(units))zapbench.tmpfiles $(tmpfiles)

uninstall:
	rm -f $(bindir)/zapbench $(mandir)/zapbench.1 $(bindir)/zapbench-nightly
	rm -f $(completiondir)/zapbench $(completiondir)/zapbench-nightly
	rm -f $(unitdir)/zapbench-nightly.service $(unitdir)/zapbench-nightly.timer $(sysusers) $(tmpfiles)

clean:
	rm -rf $(O)

-include $(objects:.o=.d) $(model_objects:.o=.d) $(tests:%=%.d) $(tools:%=%.d)
