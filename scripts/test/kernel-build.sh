#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel build that is killed (kill -9) at any point: the next call builds what it would have built without that. The
# source is two files, and the compiler a script here; the calls of all tools are numbered, and at one of them the whole
# build dies, with half of what that tool writes.
#
# environment: KILLS   calls to die at, or "all" (those where this once went wrong)
# shellcheck disable=SC2016 # the words of scripts
# shellcheck source=scripts/tap.sh
. "$SRC/scripts/tap.sh"
need git git "a kernel build that is killed"
need xz xz-utils "a kernel build that is killed"

cd "$T" || exit 1
mkdir -p bin top/scripts top/kpatch/config a b linux/scripts/kconfig
sed "s,^tar=.*,tar=$T/source.tar.xz," "$SRC/scripts/kernel-build.sh" >top/scripts/kernel-build.sh
printf '#!/bin/sh\nmkdir -p "$1"\ncp "%s"/series/*.patch "$1"\n' "$T" >top/scripts/kpatch-series.sh
echo CONFIG_BASE=y >top/kpatch/config/base.config
echo CONFIG_ALL=y >top/kpatch/config/all-on.config
for tool in aarch64-linux-gnu-gcc ccache flex bison bc; do
	printf '#!/bin/sh\necho 12\n' >bin/$tool
done
printf \
	'#!/bin/sh\ncat "%s/version"\n' "$T" >bin/dpkg-query
# hit NAME COMMAND...: the call of a tool; if this is the one at which the build dies, COMMAND comes first
cat >hit <<END
hit()
{
	echo "\$1" >>"$T/calls"
	[ "\$(wc -l <"$T/calls")" -eq "\$(cat "$T/die")" ] || return 0
	shift
	"\$@"
	kill -KILL 0
}
END
for tool in cp mv sort tar rm; do
	cat >bin/$tool <<END
#!/bin/sh
. "$T/hit"
half()
{
	for to; do :; done
	case $tool in
	cp) head -c 3 "\$1" >"\$to" ;;
	rm) ! [ -e "$T/cache/6.12/source/one.c" ] || case " \$* " in *source*) unlink "$T/cache/6.12/source/one.c" ;; esac ;;
	esac
}
hit $tool-\$# half "\$@"
exec $(command -v $tool) "\$@"
END
done
# make -C TREE O=OUT ... TARGET: an object is a copy of its source, made if it is older
cat >bin/make <<END
#!/bin/sh
. "$T/hit"
out=\${3#O=}
for target; do :; done
case \$target in
tinyconfig) echo TINY >"\$out/.config"; hit tinyconfig : ;;
olddefconfig) hit olddefconfig : ;;
Image)
	cd "\$2" || exit 1
	for source in *.c; do
		[ "\$source" -nt "\$out/\$source.o" ] || [ ! -f "\$out/\$source.o" ] || continue
		printf half >"\$out/\$source.o"
		hit object :
		cat "\$source" >"\$out/\$source.o"
	done
	mkdir -p "\$out/arch/arm64/boot"
	{
		cat Kconfig "\$out/.config"
		for source in *.c; do cat "\$out/\$source.o"; done
	} >"\$out/arch/arm64/boot/Image" ;;
esac
END
chmod +x bin/* top/scripts/*

# The source in two versions, and two series for it.
printf '#!/bin/sh\ncat "$4" "$5" "$6" >"$3/merged"\nmv "$3/merged" "$3/.config"\n' \
	>linux/scripts/kconfig/merge_config.sh
chmod +x linux/scripts/kconfig/merge_config.sh
echo "config NONE" >linux/Kconfig
echo one >linux/one.c
for version in 1 2; do
	echo "two of $version" >linux/two.c
	tar -cJf source-$version.tar.xz linux
done
# patch SERIES: what makes linux into new is its only patch
patch()
{
	git diff --no-index linux new | sed 's,\([ab]\)/\(linux\|new\)/,\1/,g' >"$1/0001.patch"
}
cp -r linux new
echo "config A" >new/Kconfig
echo "one of A" >>new/one.c
patch a
echo "config B" >new/Kconfig
echo "one of B" >>new/one.c
echo "three" >new/three.c
patch b

mkdir -p new/tools/testing new/Documentation
echo "a test" >new/tools/testing/test.c
echo "a page" >new/Documentation/page.rst
mkdir c
patch c
sed -i '1i Subject: what it is for' c/0001.patch

# build SERIES VERSION CALL: builds it; dies at that call
build()
{
	rm -rf series calls
	cp -r "$1" series
	ln -sf "source-$2.tar.xz" source.tar.xz
	echo "$2" >version
	echo "$3" >die
	: >calls
	KBUILD_DIR=$T/cache PATH=$T/bin:$PATH setsid -w top/scripts/kernel-build.sh >image 2>said
}
whole() { build "$@" 0 && cat "$(cat image)"; }
for series in "a 1" "b 1" "a 2"; do
	rm -rf cache
	# shellcheck disable=SC2086 # series and version
	whole $series >"whole-${series% *}-${series#* }" || { sed 's/^/# /' said; echo "not ok 1 - it builds"; exit 1; }
done

# dies FROM TO CALLS: builds TO (SERIES VERSION) from what FROM leaves, and dies at these calls; after that FROM is
# built, but TO where an object was cut off. It must be what it is without that.
dies()
{
	rm -rf cache
	# shellcheck disable=SC2086 # series and version
	whole $1 >/dev/null
	cp -a cache before
	# shellcheck disable=SC2086 # series and version
	build $2 0
	cp calls points
	at=0
	last=
	while read -r name; do
		at=$((at + 1))
		case " ${KILLS:-$3} " in
		*" all "*) ;;
		*" $name "*) [ "$name" != "$last" ] || continue ;;
		*) continue ;;
		esac
		last=$name
		rm -rf cache
		cp -a before cache
		rm -f cache/Image*
		# shellcheck disable=SC2086
		build $2 $at
		then=$1
		[ "$name" != object ] || then=$2
		# shellcheck disable=SC2086
		whole $then >got || sed 's/^/# /' said
		ok "$2 after $1 dies at call $at, $name; then $then" cmp got "whole-$(echo "$then" | tr ' ' -)"
	done <points
	rm -rf before
}
dies "a 1" "b 1" "sort-3 tinyconfig object"
dies "a 1" "a 2" rm-4
rm -rf cache
build b 1 0
cp image image-b
ok "a kernel is made of objects" grep -q object calls
build c 1 0
ok "documentation, selftests and messages make no other kernel" cmp image image-b
ok "and build none" no grep -q object calls
build a 1 0
ok "other code makes another" no cmp -s image image-b
cat >bin/df <<'END'
#!/bin/sh
printf 'Filesystem 1024-blocks Used Available Capacity Mounted\n/dev/x 100 99 1 99%% /\n'
END
printf '#!/bin/sh\necho "No space left on device" >&2\nexit 2\n' >bin/tar
chmod +x bin/*
rm -rf cache
ok "a full disk" no build a 1 0
ok "is said, with the fix" says said "No space left" "is full: free space there, or set KBUILD_DIR"
tap_end
