//! The keys of the security layers (RFC 2831 §2.3 and §2.4).

use md5::Md5;
use zeroize::Zeroizing;

use crate::digest::message::qop::Cipher;
use crate::digest::sasl::formulas::joined;
use crate::kernels::md5::{Block, PaddedMessage};
use crate::sspi::Role;

/// A key of 16 bytes, wiped on drop.
pub(super) type Key = Zeroizing<[u8; 16]>;

/// Which way messages go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flow {
    /// From the client.
    ToServer,
    /// From the server.
    ToClient,
}

impl Flow {
    /// The way of the messages that `role` sends.
    pub(super) fn sent_by(role: Role) -> Self {
        match role {
            Role::Client => Self::ToServer,
            Role::Server => Self::ToClient,
        }
    }

    /// The way of the messages that `role` receives.
    pub(super) fn received_by(role: Role) -> Self {
        match role {
            Role::Client => Self::ToClient,
            Role::Server => Self::ToServer,
        }
    }

    fn signing_constant(self) -> &'static [u8] {
        match self {
            Self::ToServer => b"Digest session key to client-to-server signing key magic constant",
            Self::ToClient => b"Digest session key to server-to-client signing key magic constant",
        }
    }

    fn sealing_constant(self) -> &'static [u8] {
        match self {
            Self::ToServer => b"Digest H(A1) to client-to-server sealing key magic constant",
            Self::ToClient => b"Digest H(A1) to server-to-client sealing key magic constant",
        }
    }
}

/// What Kic and Kis are the hashes of (RFC 2831 §2.3), padded: two blocks each.
pub(super) struct SigningTexts([PaddedMessage<2>; 2]);

impl SigningTexts {
    /// The texts, in the order of `flows`.
    pub(super) fn new(h_a1: &[u8; 16], flows: [Flow; 2]) -> Self {
        Self(flows.map(|flow| {
            let mut text = PaddedMessage::new();
            // A hash and a constant of under 70 bytes always have room.
            let _ = text.push(h_a1).and_then(|()| text.push(flow.signing_constant()));
            text
        }))
    }

    /// Their blocks.
    pub(super) fn blocks(&mut self) -> [&[Block]; 2] {
        self.0.each_mut().map(|text| text.finish(0).map_or(&[][..], |blocks| &*blocks))
    }
}

impl Drop for SigningTexts {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|text| text.wipe(size_of::<Key>()));
    }
}

/// Kcc or Kcs (RFC 2831 §2.4): the weaker the cipher, the less of H(A1) goes in.
pub(super) fn sealing(h_a1: &[u8; 16], flow: Flow, cipher: Cipher) -> Key {
    let length = match cipher {
        Cipher::Rc4With40Bits => 5,
        Cipher::Rc4With56Bits => 7,
        Cipher::Rc4 | Cipher::Des | Cipher::TripleDes => 16,
    };
    let (strong, _) = h_a1.split_at(length);
    Zeroizing::new(joined::<Md5>(&[strong, flow.sealing_constant()]).into())
}

/// Bytes 0 to 6 and 7 to 13 of a sealing key as two DES keys of 8 bytes, one after the other:
/// seven bits to the byte from the left, and a low bit that makes the parity odd. DES ignores
/// it, but other implementations refuse keys without.
pub(super) fn des_pair(key: &[u8; 16]) -> Zeroizing<[[u8; 8]; 2]> {
    let mut bits = u128::from_be_bytes(*key);
    let mut pair = Zeroizing::new([[0; 8]; 2]);
    for byte in pair.as_flattened_mut() {
        let [first, ..] = bits.to_be_bytes();
        let seven = first & 0xFE;
        *byte = seven | u8::from(seven.count_ones().is_multiple_of(2));
        bits <<= 7;
    }
    pair
}

/// The initialization vector of the first message: bytes 8 to 15 of the sealing key, which the
/// keys of 3des overlap (RFC 2831 §2.4).
pub(super) fn first_vector(key: &[u8; 16]) -> [u8; 8] {
    let mut vector = [0; 8];
    vector.copy_from_slice(key.split_at(8).1);
    vector
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::message::hex::unhex;
    use crate::kernels::md5::{INITIAL, bytes_of, compress};

    const V4: &str = "68d9795fbde795dac0fdfdbd4461a106";
    const V1: &str = "a2549853149b0536f01f0b850c643c57";

    fn key(text: &str) -> [u8; 16] {
        unhex(text).try_into().unwrap()
    }

    #[test]
    fn signing_keys_are_those_of_v7_and_v8() {
        for (h_a1, to_server, to_client) in [
            (V4, "48a4179a7bf2399c21343d006e410455", "0067c34fcdcd50089bf5e8249ce7b350"),
            (V1, "167e83eb00efac5c44f84a956e32e9c9", "3cd17b670169e97288080d4389652b16"),
        ] {
            let mut texts = SigningTexts::new(&key(h_a1), [Flow::ToServer, Flow::ToClient]);
            let hashes = texts.blocks().map(|blocks| {
                let mut state = INITIAL;
                compress(&mut state, blocks);
                bytes_of(&state)
            });
            assert_eq!(hashes, [key(to_server), key(to_client)]);
        }
    }

    #[test]
    fn sealing_keys_are_those_of_v7_and_v8() {
        let strong = ("688c50cae9a5c5f7e3c0a0a16942725f", "d34613e622f242d4351d1876ffeb055a");
        for (cipher, (to_server, to_client)) in [
            (Cipher::Rc4, strong),
            (Cipher::Des, strong),
            (Cipher::TripleDes, strong),
            (
                Cipher::Rc4With56Bits,
                ("cefb8598d99396b4984b6c279bd515e8", "82cd090ef4fdc4d2185a672cf288ab39"),
            ),
            (
                Cipher::Rc4With40Bits,
                ("42f5ae5ff32fe287b8dd9d2c18a0fda0", "ec2b18d61a353c1095ad8c1529169eb8"),
            ),
        ] {
            assert_eq!(*sealing(&key(V4), Flow::ToServer, cipher), key(to_server), "{cipher:?}");
            assert_eq!(*sealing(&key(V4), Flow::ToClient, cipher), key(to_client), "{cipher:?}");
        }
        let kcc = sealing(&key(V1), Flow::ToServer, Cipher::Rc4);
        assert_eq!(*kcc, key("8df21180f2b8360bd1ed01f2ac38bf36"));
    }

    #[test]
    fn des_keys_have_56_bits_and_odd_parity() {
        let pair = des_pair(&key("688c50cae9a5c5f7e3c0a0a16942725f"));
        assert_eq!(*pair.as_flattened(), key("68461519ae4c978af7f1f1150b0ba485"));
        assert_eq!(*des_pair(&[0; 16]), [[1; 8]; 2]);
        assert_eq!(*des_pair(&[0xFF; 16]), [[0xFE; 8]; 2]);
    }

    #[test]
    fn the_first_vector_is_the_end_of_the_sealing_key() {
        let kcc = key("688c50cae9a5c5f7e3c0a0a16942725f");
        assert_eq!(first_vector(&kcc).as_slice(), unhex("e3c0a0a16942725f"));
    }
}
