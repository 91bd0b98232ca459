#!/bin/sh
# Links as the compiler $POLAR_LICENSE_CC does, and gives the exported functions of the C library the version in
# $POLAR_LICENSE_NODE.
#
# rustc lists them in a version script without a version, beside which GNU ld takes no second one; so this one gets it.
# Everything else that cargo links on the way, such as procedural macros, stays as it is.
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
