#!/bin/sh
# Builds the sample EMS with libriskgate inside: one file that needs nothing else. Needs a C++17
# and a C11 compiler.
#
#   ffi/ems/build.sh OUT                      (for example target/riskgate-ems)
#   CXX=clang++ CC=clang CXXFLAGS="-O2 -g" ffi/ems/build.sh OUT
set -eu

if [ $# -ne 1 ] || [ -z "$1" ] || [ "$1" = --help ]; then
    echo "usage: ffi/ems/build.sh OUT    (builds the sample EMS as the program OUT)" >&2
    exit 2
fi

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
: "${CC:=cc}" "${CXX:=c++}" "${CFLAGS:=-O2 -g}" "${CXXFLAGS:=-O2 -g}"
warnings="-Wall -Wextra -Wpedantic -Werror"
work=$(mktemp -d "${TMPDIR:-/tmp}/riskgate-ems.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

# $CC, $CXX and the flags may hold several words.
for source in "$here"/../*.c; do
    $CC -std=c11 $warnings -I"$here/../../include" $CFLAGS \
        -c "$source" -o "$work/c_$(basename "$source" .c).o"
done
for source in "$here"/*.cpp; do
    $CXX -std=c++17 $warnings -I"$here/../../include" $CXXFLAGS \
        -c "$source" -o "$work/$(basename "$source" .cpp).o"
done
$CXX $CXXFLAGS -o "$work/riskgate-ems" "$work"/*.o
# Replaced by a rename, so that a run in progress keeps the program that it started.
mkdir -p "$(dirname -- "$1")"
mv "$work/riskgate-ems" "$1.new.$$"
mv "$1.new.$$" "$1"
