#!/usr/bin/env bash
# The Rust crate scram takes extensions in the server's first message, and refuses the server's last one for them.
#
# RFC 5802 section 7 has optional extensions at the end of both: server-final-message = (server-error / verifier)
# ["," extensions], and section 5.1 has unknown ones that are optional ignored. The signature is right here; the
# login is over with a protocol error after the server has let the user in. The crate sasl takes both.
#
# Seen with scram 0.6.0 and sasl 0.5.2 (crates.io), SCRAM-SHA-256:
#   scram: none true, in the first message true, in the last false
#   sasl: none true, in the first message true, in the last true
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
base64 = "=0.22.1"
hmac = "=0.12.1"
pbkdf2 = "=0.12.2"
sasl = "=0.5.2"
scram = "=0.6.0"
sha2 = "=0.10.9"

[workspace]
TOML
cat >"$place/src/main.rs" <<'RUST'
use base64::engine::{general_purpose::STANDARD, Engine};
use hmac::{Hmac, Mac};
use sasl::client::{mechanisms::Scram, Mechanism};
use sasl::common::{scram::Sha256, ChannelBinding, Credentials};

type Hash = Hmac<sha2::Sha256>;

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = <Hash as Mac>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// The server's side of one login: both of its messages are made from the client's.
struct Server {
    bare: String,
    first: String,
}

impl Server {
    fn new(client_first: &str, extension: &str) -> Self {
        let bare = client_first.strip_prefix("n,,").unwrap().to_owned();
        let nonce = bare.split_once("r=").unwrap().1;
        let first = format!("r={nonce}more,s={},i=4096{extension}", STANDARD.encode("salt and salt"));
        Self { bare, first }
    }

    fn last(&self, client_final: &str, extension: &str) -> String {
        let mut salted = [0; 32];
        pbkdf2::pbkdf2::<Hash>(b"pencil", b"salt and salt", 4096, &mut salted).unwrap();
        let without_proof = client_final.rsplit_once(",p=").unwrap().0;
        let all = format!("{},{},{without_proof}", self.bare, self.first);
        let signature = mac(&mac(&salted, b"Server Key"), all.as_bytes());
        format!("v={}{extension}", STANDARD.encode(signature))
    }
}

fn with_scram(first: &str, last: &str) -> bool {
    let (client, message) = scram::ScramClient::new("alice", "pencil", None).client_first();
    let server = Server::new(&message, first);
    let Ok(client) = client.handle_server_first(&server.first) else { return false };
    let (client, message) = client.client_final();
    client.handle_server_final(&server.last(&message, last)).is_ok()
}

fn with_sasl(first: &str, last: &str) -> bool {
    let credentials = Credentials::default()
        .with_username("alice")
        .with_password("pencil")
        .with_channel_binding(ChannelBinding::None);
    let mut client = Scram::<Sha256>::from_credentials(credentials).unwrap();
    let server = Server::new(&String::from_utf8(client.initial()).unwrap(), first);
    let Ok(message) = client.response(server.first.as_bytes()) else { return false };
    client.success(server.last(&String::from_utf8(message).unwrap(), last).as_bytes()).is_ok()
}

fn main() {
    for (name, login) in [("scram", with_scram as fn(&str, &str) -> bool), ("sasl", with_sasl)] {
        let (none, first, last) = (login("", ""), login(",x=more", ""), login("", ",x=more"));
        println!("{name}: none {none}, in the first message {first}, in the last {last}");
    }
}
RUST
seen=$(CARGO_TARGET_DIR=$place/target cargo run --quiet --manifest-path "$place/Cargo.toml")
expected='scram: none true, in the first message true, in the last false
sasl: none true, in the first message true, in the last true'
printf '%s\n' "$seen"
[[ $seen == "$expected" ]] || { echo "scram 0.6.0 or sasl 0.5.2 does otherwise now" >&2; exit 1; }
