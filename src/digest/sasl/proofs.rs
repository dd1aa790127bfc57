//! All hashes of a handshake at once (RFC 2831 §2.1.2.1, §2.1.3): those that do not wait for one
//! another are computed side by side. The formulas are those of [`formulas`], one by one.
//!
//! ```text
//! H(A1)  -> response    A1 takes three blocks with a nonce of Windows' length, A2 and A2' one each,
//! H(A2)  -+             beside A1's first. response takes four, of which rspauth has all but the
//! H(A2') -> rspauth     last in common: seven blocks in a row instead of ten.
//! ```
//!
//! Where there is to be a layer, what signs its messages is made in lanes of the last four.

use zeroize::Zeroize;

use super::formulas::{self, NO_ENTITY};
use super::layer::{Fork, Signers};
use crate::digest::message::hex;
use crate::kernels::md5::{self, Block, INITIAL, Md5State, PaddedMessage, compress_all};
use crate::secret::Secret;

/// What both proofs cover beside the password, byte for byte as the client sent it.
#[derive(Clone, Copy, Debug)]
pub struct Covered<'a> {
    /// The server's nonce.
    pub nonce: &'a [u8],
    /// The nonce count's eight digits.
    pub nc: &'a [u8; 8],
    /// The client's nonce.
    pub cnonce: &'a [u8],
    /// The authorization identity, where one was sent.
    pub authzid: Option<&'a [u8]>,
    /// qop, `auth` where the client sent none.
    pub qop_text: &'a [u8],
    /// The service's name.
    pub digest_uri: &'a [u8],
    /// Whether the qop is auth-int or auth-conf.
    pub protected: bool,
}

/// What a password's hash makes of an exchange.
#[derive(Debug)]
pub struct Proofs {
    /// `H(A1)`.
    pub session_key: Secret<[u8; 16]>,
    /// The client's `response`, in hex.
    pub response: [u8; 32],
    /// The server's `rspauth`, in hex.
    pub rspauth: [u8; 32],
    /// What signs the messages of a layer; `None` where there is none, or it has not been made.
    pub signers: Option<Signers>,
}

/// The proofs of an exchange, from `SS`, the hash of user, realm and password.
#[must_use]
pub fn proofs(password_hash: &[u8; 16], covered: &Covered<'_>) -> Proofs {
    in_parallel_lanes(password_hash, covered).unwrap_or_else(|| one_by_one(password_hash, covered))
}

/// For texts of any length.
fn one_by_one(password_hash: &[u8; 16], covered: &Covered<'_>) -> Proofs {
    let Covered { nonce, nc, cnonce, authzid, qop_text, digest_uri, protected } = *covered;
    let session_key = Secret::new(formulas::session_hash(password_hash, nonce, cnonce, authzid));
    let h_a1 = session_key.expose();
    let (response, rspauth) =
        formulas::response_pair(h_a1, nonce, nc, cnonce, qop_text, digest_uri, protected);
    Proofs { session_key, response, rspauth, signers: None }
}

/// For texts of a usual length; `None` for longer ones.
fn in_parallel_lanes(password_hash: &[u8; 16], covered: &Covered<'_>) -> Option<Proofs> {
    let mut first = PaddedMessage::<4>::new();
    let mut request = PaddedMessage::<2>::new();
    let mut answer = PaddedMessage::<2>::new();
    first.push(password_hash)?;
    first.push_part(covered.nonce)?;
    first.push_part(covered.cnonce)?;
    if let Some(authzid) = covered.authzid {
        first.push_part(authzid)?;
    }
    request.push(b"AUTHENTICATE")?;
    for second in [&mut request, &mut answer] {
        second.push_part(covered.digest_uri)?;
        if covered.protected {
            second.push(NO_ENTITY)?;
        }
    }
    let mut states = [INITIAL; 4];
    let messages: [&[Block]; 4] = [first.finish(0)?, request.finish(0)?, answer.finish(0)?, &[]];
    compress_all(&mut states, messages);
    first.wipe(password_hash.len());
    let [h_a1, h_a2, h_a2_answer, _] = &states;
    let session_key = Secret::new(md5::bytes_of(h_a1));
    let ([response, rspauth], signers) =
        pair(session_key.expose(), covered, &digits(h_a2), &digits(h_a2_answer))?;
    states.as_flattened_mut().zeroize();
    Some(Proofs { session_key, response, rspauth, signers })
}

/// `response` and `rspauth` from the digits of `H(A2)` and `H(A2')`, and what signs.
fn pair(
    h_a1: &[u8; 16],
    covered: &Covered<'_>,
    request: &[u8; 32],
    answer: &[u8; 32],
) -> Option<([[u8; 32]; 2], Option<Signers>)> {
    let mut text = PaddedMessage::<5>::new();
    text.push_with(|digits| hex::write_hash(h_a1, digits))?;
    let secret = text.len();
    text.push_part(covered.nonce)?;
    text.push_part(covered.nc)?;
    text.push_part(covered.cnonce)?;
    text.push_part(covered.qop_text)?;
    text.push(b":")?;
    let end = text.len();
    text.push(request)?;
    // What the two have in common, and the one or two blocks in which they differ.
    let (common, last) = text.finish(0)?.split_at_mut_checked(end / 64)?;
    let mut twin: [Block; 2] = [[0; 64]; 2];
    let twin_last = twin.get_mut(..last.len())?;
    twin_last.iter_mut().zip(&*last).for_each(|(twin, block)| *twin = *block);
    *twin_last.as_flattened_mut().get_mut(end % 64..)?.first_chunk_mut()? = *answer;
    let fork = Fork { common, ends: [last, twin_last] };
    let (signers, states) = if covered.protected {
        let (signers, states) = Signers::with_fork(h_a1, &fork);
        (Some(signers), states)
    } else {
        (None, fork.states())
    };
    text.wipe(secret);
    twin.as_flattened_mut().zeroize();
    Some((states.each_ref().map(digits), signers))
}

fn digits(state: &Md5State) -> [u8; 32] {
    hex::of_hash(&md5::bytes_of(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree_for_texts_of_every_length() {
        let bytes: Vec<u8> = (0..400).map(|n: u32| b'a' + (n % 26) as u8).collect();
        let part = |length: usize| &bytes[..length];
        for length in 1..300 {
            for (protected, authzid) in
                [(false, None), (true, None), (true, Some(part(length % 40)))]
            {
                let covered = Covered {
                    nonce: part(length),
                    nc: b"00000001",
                    cnonce: part(1 + length * 7 % 90),
                    authzid,
                    qop_text: if protected { b"auth-int" } else { b"auth" },
                    digest_uri: part(1 + length * 3 % 130),
                    protected,
                };
                let key = [u8::try_from(length % 256).unwrap(); 16];
                let expected = one_by_one(&key, &covered);
                if let Some(found) = in_parallel_lanes(&key, &covered) {
                    assert_eq!(found.session_key.expose(), expected.session_key.expose());
                    assert_eq!(found.response, expected.response, "{length}");
                    assert_eq!(found.rspauth, expected.rspauth, "{length}");
                }
                assert_eq!(proofs(&key, &covered).rspauth, expected.rspauth);
            }
        }
    }

    #[test]
    fn usual_lengths_are_hashed_in_parallel_lanes_and_longer_ones_not() {
        let covered = |nonce, digest_uri| Covered {
            nonce,
            nc: b"00000001",
            cnonce: &[b'c'; 32],
            authzid: None,
            qop_text: b"auth-conf",
            digest_uri,
            protected: true,
        };
        let usual = covered(&[b'n'; 124], &[b'u'; 40]);
        assert!(in_parallel_lanes(&[1; 16], &usual).is_some());
        assert!(in_parallel_lanes(&[1; 16], &covered(&[b'n'; 300], &[b'u'; 40])).is_none());
        assert!(in_parallel_lanes(&[1; 16], &covered(&[b'n'; 124], &[b'u'; 80])).is_none());
    }
}
