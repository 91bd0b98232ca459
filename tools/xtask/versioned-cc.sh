#!/bin/sh
# Links with the compiler $POLAR_LICENSE_CC, and gives the exported functions of the C library the symbol version
# $POLAR_LICENSE_NODE.
#
# rustc lists the functions in a version script without a version. GNU ld accepts no second script besides that one, so
# this program adds the version to rustc's script. Other things that cargo links, such as procedural macros, are linked
# unchanged.
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
