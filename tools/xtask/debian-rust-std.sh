#!/usr/bin/env bash
# debian-rust-std.sh TOOLCHAIN TARGET: Rust's standard library for TARGET, built from Debian's packages alone, in the
# toolchain folder TOOLCHAIN, which is made if it is not there. For machines that rustup's server cannot be reached from.
# Then: PATH=TOOLCHAIN/bin:$PATH cargo build --target TARGET
# The packages are named in src/rust_std.rs. Several runs at once do not disturb each other.
set -euo pipefail
toolchain=$1 target=$2
host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The toolchain is Debian's, with a lib/rustlib of its own, to which rustc and clippy-driver are pointed.
mkdir -p "$toolchain/bin" "$toolchain/lib/rustlib"
for part in etc src "$host"; do ln -sfnT "/usr/lib/rustlib/$part" "$toolchain/lib/rustlib/$part"; done
for tool in cargo rustfmt cargo-fmt; do ln -sf "/usr/bin/$tool" "$toolchain/bin/$tool"; done
for tool in rustc rustdoc; do
  printf '#!/bin/sh\nexec /usr/bin/%s --sysroot "%s" "$@"\n' "$tool" "$toolchain" >"$work/$tool"
done
printf '#!/bin/sh\nSYSROOT="%s" exec /usr/bin/clippy-driver "$@"\n' "$toolchain" >"$work/clippy-driver"
cp /usr/bin/cargo-clippy "$work/" # not a link: it looks for clippy-driver beside the file that it is
for tool in rustc rustdoc clippy-driver cargo-clippy; do
  chmod +x "$work/$tool"
  mv "$work/$tool" "$toolchain/bin/$tool"
done

# cargo builds the standard library as a dependency of an empty crate.
seed=$work/seed
mkdir -p "$seed/src"
: >"$seed/src/lib.rs"
printf '[package]\nname = "stdseed"\nversion = "0.0.0"\nedition = "2021"\n' >"$seed/Cargo.toml"
case $target in
wasm32*) panic=panic_abort ;;
*) panic=panic_unwind,panic_abort ;;
esac
# panic_abort has to be compiled with -Cpanic=abort, or programs with panic = "abort" do not link.
printf '#!/bin/sh\ncase " $* " in *" --crate-name panic_abort "*) exec "$@" -Cpanic=abort ;; esac\nexec "$@"\n' >"$seed/wrap"
chmod +x "$seed/wrap"
# An empty environment: the settings of the contributor's own builds must not get in. RUSTC_BOOTSTRAP is what the -Z
# flags need. Without embed-bitcode, lto = "fat" ends with "Can't find section .llvmbc".
vendored=/usr/lib/rustlib/src/rust/library/vendor
(cd "$seed" && env -i PATH=/usr/bin:/bin HOME="$work" RUSTC_BOOTSTRAP=1 RUSTC_WRAPPER="$seed/wrap" \
  RUSTFLAGS="-Cembed-bitcode=yes" /usr/bin/cargo build --offline --release --target "$target" \
  --config 'source.crates-io.replace-with="vendored"' --config "source.vendored.directory=\"$vendored\"" \
  -Zbuild-std="std,$panic,test")

# It appears all at once, so that nobody takes half a library for a whole one.
lib=$toolchain/lib/rustlib/$target
mkdir -p "$lib.$$/lib"
cp "$seed/target/$target/release/deps/"*.rlib "$lib.$$/lib/"
rm -f "$lib.$$/lib/"libstdseed-*
rm -rf "$lib"
mv -T "$lib.$$" "$lib"
