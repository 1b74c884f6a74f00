#!/bin/sh
# Builds libriskgate, static and shared, and installs it with headers, pkg-config file and CMake
# package under PREFIX. Needs a C11 compiler and ar; nothing else.
#
#   ffi/build.sh PREFIX
#   CC=clang CFLAGS="-O2 -g" AR=llvm-ar ffi/build.sh "$HOME/.local"
set -eu

if [ $# -ne 1 ] || [ -z "$1" ] || [ "$1" = --help ]; then
    echo "usage: ffi/build.sh PREFIX    (builds libriskgate and installs it under PREFIX)" >&2
    exit 2
fi

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
include=$here/../include
mkdir -p "$1"
prefix=$(CDPATH= cd -- "$1" && pwd)
: "${CC:=cc}" "${AR:=ar}" "${CFLAGS:=-O2 -g}"

major=1
minor=1
version=$major.$minor.0
work=$(mktemp -d "${TMPDIR:-/tmp}/riskgate-build.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

# $CC and $CFLAGS may hold several words.

for source in "$here"/*.c; do
    object=$work/$(basename "$source" .c).o
    $CC -std=c11 -Wall -Wextra -Wpedantic -Werror -fPIC -fvisibility=hidden \
        -ffile-prefix-map="$here=ffi" -I"$include" $CFLAGS -c "$source" -o "$object"
done

mkdir -p "$prefix/lib/pkgconfig" "$prefix/lib/cmake/riskgate" "$prefix/include/riskgate"
cd "$work"
set -- *.o
rm -f "$prefix/lib/libriskgate.a"
$AR rcs "$prefix/lib/libriskgate.a" "$@"
$CC -shared $CFLAGS -Wl,-soname,libriskgate.so.$major -Wl,--version-script,"$here/riskgate.map" \
    -Wl,-z,now -Wl,-z,relro -Wl,--no-undefined -o libriskgate.so.$version "$@"
# Replaced by a rename, so that programs that run keep the file that they mapped.
mv libriskgate.so.$version "$prefix/lib/libriskgate.so.$version"
ln -sf libriskgate.so.$version "$prefix/lib/libriskgate.so.$major"
ln -sf libriskgate.so.$major "$prefix/lib/libriskgate.so"

cp "$include/riskgate.h" "$include/riskgate.hpp" "$prefix/include/"
cp "$include"/riskgate/*.h "$prefix/include/riskgate/"

fill() {
    sed -e "s|@PREFIX@|$prefix|g" -e "s|@VERSION@|$version|g" -e "s|@MAJOR@|$major|g" "$1" >"$2"
}
fill "$here/riskgate.pc.in" "$prefix/lib/pkgconfig/riskgate.pc"
fill "$here/riskgate-config.cmake.in" "$prefix/lib/cmake/riskgate/riskgate-config.cmake"
fill "$here/riskgate-config-version.cmake.in" \
    "$prefix/lib/cmake/riskgate/riskgate-config-version.cmake"

echo "libriskgate $version installed under $prefix"
