//! What a response has cost, and the rest up to what any could cost.

use std::hint::black_box;

use super::{Verifier, absent};
use crate::accounts::Algorithm;
use crate::digest::message::charset;
use crate::digest::message::limits::TRIES;
use crate::digest::message::names::{self, Encoding, NameCandidate, NameCandidates};
use crate::error::Result;
use crate::secret::Secret;

/// Bytes of a password up to which all cost the same.
const PASSWORD: usize = 64;

/// Passwords in the place of those that are not told.
const ASCII: &str = "a password of nobody";
const COMPOSED: &str = "p\u{e4}ssword of nobody";
const DECOMPOSED: &str = "pa\u{308}ssword of nobody";

/// What is hashed in the place of longer passwords.
const NOTHING: [u8; 4 * 64] = [0; 4 * 64];

/// What a response has cost.
#[derive(Default)]
pub(super) struct Effort {
    /// Answers of the source.
    pub(super) answers: usize,
    /// Secrets that the response was held against.
    pub(super) verified: usize,
    /// Forms of passwords that were hashed, and the blocks that this took.
    pub(super) hashed: usize,
    pub(super) blocks: usize,
    /// Passwords, and those of which several forms were made, composed and not.
    told: usize,
    composed: usize,
    decomposed: usize,
}

impl Effort {
    /// The source has told a password.
    pub(super) fn tell(&mut self, password: &str) {
        self.told += 1;
        if password.is_ascii() {
            return;
        }
        if charset::is_composed(password) {
            self.composed += 1;
        } else {
            self.decomposed += 1;
        }
    }

    /// Does what is left up to the most that as many answers can cost: one of them passwords of which
    /// all tries are made, the others hashes.
    #[cold]
    pub(super) fn complete<V: Verifier>(
        &self,
        verifier: &V,
        candidates: &NameCandidates<'_>,
    ) -> Result<()> {
        let algorithm = verifier.algorithm();
        for _ in self.verified..self.answers + TRIES - 1 {
            black_box(verifier.verify_hash(&absent(algorithm)?).is_some());
        }
        let forms = [(ASCII, self.told), (COMPOSED, self.composed), (DECOMPOSED, self.decomposed)];
        for (password, done) in forms {
            for candidate in candidates.iter().skip(done) {
                let password = Secret::new(password.to_owned());
                Self::default().tell(black_box(password.expose()));
                black_box(names::password_forms(candidate.encoding, password.expose()));
            }
        }
        let (mut blocks, mut most) = (self.blocks, 0);
        for candidate in candidates.iter().take(1) {
            most = TRIES * blocks_of(algorithm, candidate, PASSWORD);
            for _ in self.hashed..TRIES {
                verifier.hash_password(candidate, ASCII.as_bytes());
                blocks += blocks_of(algorithm, candidate, ASCII.len());
            }
        }
        let nobody =
            NameCandidate { user: b"".into(), realm: b"".into(), encoding: Encoding::Only };
        let (block, end) = sizes(algorithm);
        while blocks < most {
            let now = (most - blocks).min(NOTHING.len() / block);
            verifier.hash_password(&nobody, NOTHING.get(2 + end..now * block).unwrap_or_default());
            blocks += now;
        }
        Ok(())
    }
}

/// How many blocks are hashed for a password of so many bytes.
pub(super) fn blocks_of(
    algorithm: Algorithm,
    candidate: &NameCandidate<'_>,
    password: usize,
) -> usize {
    let (block, end) = sizes(algorithm);
    (candidate.user.len() + candidate.realm.len() + 2 + password + end).div_ceil(block)
}

/// The bytes of a block, and those that a text has at least behind it.
fn sizes(algorithm: Algorithm) -> (usize, usize) {
    match algorithm {
        Algorithm::Md5 | Algorithm::Sha256 => (64, 9),
        Algorithm::Sha512_256 => (128, 17),
    }
}
