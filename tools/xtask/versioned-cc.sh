#!/bin/sh
# Links with the compiler $POLAR_LICENSE_CC, and gives the exported functions of the C library the symbol version
# $POLAR_LICENSE_NODE.
#
# The linker reads the exported functions from a version script, which rustc writes without a version. GNU ld accepts
# only one such script, so this program adds the version to rustc's script. Everything else that cargo links, such as a
# procedural macro, is linked unchanged.
set -eu
for argument; do
    case $argument in
    -Wl,--version-script=*)
        script=${argument#*=}
        if grep -q polar_license_version "$script"; then
            sed -i "1s/^{/$POLAR_LICENSE_NODE {/" "$script"
        fi
        ;;
    esac
done
exec "$POLAR_LICENSE_CC" "$@"
