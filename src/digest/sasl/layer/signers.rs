//! The MACs of both directions, made from `H(A1)` in parallel lanes, together with hashes that others have to
//! make of it at the same time.

use std::fmt;
use std::slice::from_ref;

use zeroize::Zeroizing;

use super::keys::{Flow, SigningTexts};
use super::mac::{PreparedMac, pads};
use crate::kernels::md5::{Block, INITIAL, Md5State, bytes_of, compress, compress_all};
use crate::sspi::Role;

/// What signs the messages of each direction (RFC 2831 §2.3).
pub struct Signers {
    to_server: PreparedMac,
    to_client: PreparedMac,
}

/// Two hashes that have their first blocks in common.
#[derive(Clone, Copy, Default)]
pub struct Fork<'b> {
    /// The first blocks.
    pub common: &'b [Block],
    /// The last blocks of each.
    pub ends: [&'b [Block]; 2],
}

impl Fork<'_> {
    /// The states that the two come to.
    #[must_use]
    pub fn states(&self) -> [Md5State; 2] {
        let mut state = INITIAL;
        compress(&mut state, self.common);
        let mut states = [state; 4];
        compress_all(&mut states, [self.ends[0], self.ends[1], &[], &[]]);
        let [one, other, ..] = states;
        [one, other]
    }
}

impl Signers {
    /// The signers of the exchange whose `H(A1)` is `h_a1`.
    #[must_use]
    pub fn new(h_a1: &[u8; 16]) -> Self {
        Self::with_fork(h_a1, &Fork::default()).0
    }

    /// The same, and [`Fork::states`] of `fork`, at little more than the cost of those:
    ///
    /// ```text
    /// common  common  common     one
    /// Kic     Kic     inner Kic  other
    /// Kis     Kis     outer Kic  outer Kis
    ///                 inner Kis
    /// ```
    #[must_use]
    pub fn with_fork(h_a1: &[u8; 16], fork: &Fork<'_>) -> (Self, [Md5State; 2]) {
        let mut texts = SigningTexts::new(h_a1, [Flow::ToServer, Flow::ToClient]);
        let [to_server, to_client] = texts.blocks();
        let (first, rest) = fork.common.split_at(fork.common.len().min(to_server.len()));
        let mut states = Zeroizing::new([INITIAL; 4]);
        compress_all(&mut states, [first, to_server, to_client, &[]]);
        let [common, keys @ .., _] = *states;
        let pads = Zeroizing::new(keys.map(|key| pads(&bytes_of(&key))));
        let [[inner, outer], [inner_2, outer_2]] =
            pads.each_ref().map(|pads| pads.each_ref().map(from_ref));
        *states = [common, INITIAL, INITIAL, INITIAL];
        compress_all(&mut states, [rest, inner, outer, inner_2]);
        let [common, inner, outer, inner_2] = *states;
        *states = [common, common, INITIAL, INITIAL];
        compress_all(&mut states, [fork.ends[0], fork.ends[1], outer_2, &[]]);
        let [one, other, outer_2, _] = *states;
        let to_server = PreparedMac::new(inner, outer);
        let to_client = PreparedMac::new(inner_2, outer_2);
        (Self { to_server, to_client }, [one, other])
    }

    /// What signs what `role` sends, and what it receives.
    pub(super) fn of(self, role: Role) -> [PreparedMac; 2] {
        let Self { to_server, to_client } = self;
        match role {
            Role::Client => [to_server, to_client],
            Role::Server => [to_client, to_server],
        }
    }
}

impl fmt::Debug for Signers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signers_and_forks_are_what_each_is_alone() {
        let blocks: Vec<Block> = (0..9).map(|n| [n; 64]).collect();
        let block = [7; 64];
        for common in 0..6 {
            for (one, other) in [(0, 0), (1, 1), (2, 2), (1, 2)] {
                let ends = [&blocks[6..6 + one], &blocks[7..7 + other]];
                let fork = Fork { common: &blocks[..common], ends };
                let (signers, states) = Signers::with_fork(&[9; 16], &fork);
                assert_eq!(states, fork.states(), "{common}, {one}, {other}");
                let alone = Signers::new(&[9; 16]).of(Role::Client);
                for (mac, expected) in signers.of(Role::Client).iter().zip(&alone) {
                    let [mut mac, mut expected] = [mac, expected].map(|mac| mac.begin(1));
                    mac.update(&block);
                    expected.update(&block);
                    assert_eq!(mac.finish().block(1), expected.finish().block(1));
                }
            }
        }
    }

    #[test]
    fn the_ends_of_a_conversation_have_each_others_signers() {
        let of = |role| Signers::new(&[9; 16]).of(role).map(|mac| mac.begin(0).finish().block(0));
        let [sent, received] = of(Role::Client);
        assert_eq!(of(Role::Server), [received, sent]);
        assert_ne!(sent, received);
    }
}
