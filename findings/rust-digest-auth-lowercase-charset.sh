#!/usr/bin/env bash
# The Rust crate digest_auth reads a challenge with charset=UTF-8 and refuses the same with charset=utf-8.
#
# RFC 7616 section 3.3 compares the value without regard to case, and RFC 2831 section 2.1.1 writes it
# in lower case, as many servers do. The whole challenge is lost, not the parameter alone.
#
# Seen with digest_auth 0.3.1 (crates.io), default features:
#   UTF-8 read
#   utf-8 BadCharset("utf-8")
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/src"
cat >"$place/Cargo.toml" <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
digest_auth = "=0.3.1"

[workspace]
TOML
cat >"$place/src/main.rs" <<'RUST'
fn main() {
    for charset in ["UTF-8", "utf-8"] {
        let challenge = format!(r#"Digest realm="r", qop="auth", algorithm=MD5, nonce="n", charset={charset}"#);
        match digest_auth::parse(&challenge) {
            Ok(_) => println!("{charset} read"),
            Err(error) => println!("{charset} {error:?}"),
        }
    }
}
RUST
seen=$(CARGO_TARGET_DIR=$place/target cargo run --quiet --manifest-path "$place/Cargo.toml")
expected=$'UTF-8 read\nutf-8 BadCharset("utf-8")'
printf '%s\n' "$seen"
[[ $seen == "$expected" ]] || { echo "digest_auth 0.3.1 behaves otherwise now" >&2; exit 1; }
