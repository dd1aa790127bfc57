use super::*;
use crate::ffi::caller::identity::layout::{IdentityParts, pack};
use crate::sspi::Identity;

fn image(password: Option<&str>) -> Vec<u8> {
    let password = password.map(|password| Secret::new(password.to_owned()));
    let identity = Identity { user: Some("user".to_owned()), domain: None, password };
    pack(&IdentityParts { identity, ..IdentityParts::default() }).unwrap().to_vec()
}

fn status(result: Result<()>) -> u32 {
    result.err().map_or(0, |error| error.status().code())
}

/// The lowest bytes of `Flags` and of the password's length.
const FLAGS_BYTE: usize = if cfg!(target_endian = "big") { 39 } else { 36 };
const LENGTH_BYTE: usize = if cfg!(target_endian = "big") { 33 } else { 32 };

#[test]
fn opening_gives_back_every_byte() {
    let long = "0123456789abcdef-".repeat(20);
    for password in [None, Some(""), Some("p"), Some("0123456789abcdef"), Some(long.as_str())] {
        let plain = image(password);
        let mut changed = plain.clone();
        seal(&mut changed).unwrap();
        assert_ne!(changed, plain);
        assert_eq!(changed[FLAGS_BYTE] & 0x10, 0x10);
        open(&mut changed).unwrap();
        assert_eq!(changed, plain);
    }
}

#[test]
fn the_password_cannot_be_seen_and_looks_different_each_time() {
    let plain = image(Some("secret-secret-secret-secret"));
    let mut one = plain.clone();
    seal(&mut one).unwrap();
    let mut other = plain.clone();
    seal(&mut other).unwrap();
    let password = plain.len() - TRAILER - 54..plain.len() - TRAILER;
    assert_ne!(one[password.clone()], plain[password.clone()]);
    assert_ne!(one[password.clone()], other[password.clone()]);
    // Nor do two blocks of the stream repeat each other.
    let mask = |at: usize| one[password.start + at] ^ plain[password.start + at];
    assert!((0..22).any(|at| mask(at) != mask(at + 32)));
}

#[test]
fn sealing_twice_and_opening_twice_change_nothing() {
    let plain = image(Some("password"));
    let mut changed = plain.clone();
    open(&mut changed).unwrap();
    assert_eq!(changed, plain);
    seal(&mut changed).unwrap();
    let sealed = changed.clone();
    seal(&mut changed).unwrap();
    assert_eq!(changed, sealed);
}

#[test]
fn any_change_of_password_nonce_or_tag_is_a_decrypt_failure() {
    let mut sealed = image(Some("password"));
    seal(&mut sealed).unwrap();
    let end = sealed.len();
    for at in (end - TRAILER - 16..end - TRAILER).chain(end - TRAILER + MARK.len()..end) {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        let before = changed.clone();
        assert_eq!(status(open(&mut changed)), DECRYPT_FAILURE);
        assert_eq!(changed, before);
    }
}

#[test]
fn images_that_are_not_ours_are_invalid_parameter() {
    let plain = image(Some("password"));
    let mut other_mark = plain.clone();
    let mark = plain.len() - TRAILER;
    other_mark[mark] ^= 1;
    let mut foreign = plain.clone();
    foreign[FLAGS_BYTE] |= 0x40;
    let mut into_trailer = plain.clone();
    into_trailer[LENGTH_BYTE] += 2;
    let mut shorter = plain.clone();
    shorter.pop();
    for mut image in [other_mark, foreign, into_trailer, shorter, Vec::new(), vec![0; 48]] {
        let before = image.clone();
        assert_eq!(status(seal(&mut image)), Status::INVALID_PARAMETER.code());
        assert_eq!(status(open(&mut image)), Status::INVALID_PARAMETER.code());
        assert_eq!(image, before);
    }
}
