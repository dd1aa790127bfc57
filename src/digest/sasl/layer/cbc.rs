//! Cipher block chaining over DES blocks, from one message to the next (RFC 2831 §2.4: the last
//! block of a message is the initialization vector of the next).

use super::keys::{self, Key};
use crate::kernels::des::{Des, TripleDes};

pub(super) use crate::kernels::des::BLOCK;

/// DES with the first seven bytes of a sealing key.
pub(super) fn des(key: &Key) -> Des {
    let [first, _] = *keys::des_pair(key);
    Des::new([first], keys::first_vector(key))
}

/// Triple DES with the first fourteen bytes of a sealing key.
pub(super) fn triple_des(key: &Key) -> TripleDes {
    TripleDes::new(*keys::des_pair(key), keys::first_vector(key))
}
