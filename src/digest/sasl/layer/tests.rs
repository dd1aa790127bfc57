//! Layers from outside: the frames of known exchanges, and messages that are not as they should be.

mod good;
mod refused;

use super::*;
use crate::digest::message::hex::unhex;
use crate::digest::message::qop::Named;

/// H(A1) of a recorded Windows 11 LDAP bind, on which most vectors stand.
const V4: &str = "68d9795fbde795dac0fdfdbd4461a106";
/// H(A1) of RFC 2831 §4's IMAP example.
const V1: &str = "a2549853149b0536f01f0b850c643c57";

/// What the peer takes.
const MAXBUF: Maxbuf = Maxbuf { peer: 65_536, own: None };

fn h_a1(text: &str) -> [u8; 16] {
    unhex(text).try_into().unwrap()
}

fn all_protections() -> impl Iterator<Item = Protection> {
    std::iter::once(Protection::Integrity)
        .chain(Cipher::ALL.iter().map(|(cipher, _)| Protection::Confidentiality(*cipher)))
}

fn padded_protections() -> [Protection; 2] {
    [Protection::Confidentiality(Cipher::Des), Protection::Confidentiality(Cipher::TripleDes)]
}

/// Both ends of a conversation on V4's H(A1).
fn ends(protection: Protection) -> (Layer, Layer) {
    let end = |role| Layer::new(&h_a1(V4), Signers::new(&h_a1(V4)), protection, role, MAXBUF);
    (end(Role::Client), end(Role::Server))
}

/// The next message's body.
fn sealed(sender: &Layer, text: &[u8]) -> Vec<u8> {
    let mut body = text.to_vec();
    let mut trailer = [0xEE; 24];
    let used = sender.seal(&mut body, &mut trailer).unwrap();
    assert!(trailer[used..].iter().all(|byte| *byte == 0xEE), "bytes after the trailer");
    body.extend_from_slice(&trailer[..used]);
    body
}

/// The text of a body in one piece.
fn opened(receiver: &Layer, body: &[u8]) -> Result<Vec<u8>> {
    opened_at(receiver, body, body.len())
}

/// The text of a body in two pieces, the second from `boundary`. A refused one must be unchanged.
fn opened_at(receiver: &Layer, body: &[u8], boundary: usize) -> Result<Vec<u8>> {
    let mut bytes = body.to_vec();
    let (first, second) = bytes.split_at_mut(boundary);
    let result = receiver.open(first, second);
    match result {
        Ok(length) => {
            bytes.truncate(length);
            Ok(bytes)
        }
        Err(error) => {
            assert_eq!(bytes, body, "a refused message is changed: {error}");
            Err(error)
        }
    }
}

fn status(result: Result<Vec<u8>>) -> Status {
    result.map_or_else(|error| error.status(), |_| Status::OK)
}
