//! A second SCRAM, written from RFC 5802 and the hash crates alone: what messages say, what stands in
//! them where something is wrong, and the formulas.

use hmac::{KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use crate::abi;

/// The hash of a mechanism.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    pub const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    pub fn size(self) -> usize {
        self.of(b"").len()
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1",
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }

    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    pub fn hmac(self, key: &[u8], bytes: &[u8]) -> Vec<u8> {
        macro_rules! with {
            ($hash:ty) => {{
                let mut mac = hmac::Hmac::<$hash>::new_from_slice(key).unwrap();
                mac.update(bytes);
                mac.finalize().into_bytes().to_vec()
            }};
        }
        match self {
            Self::Sha1 => with!(Sha1),
            Self::Sha256 => with!(Sha256),
            Self::Sha512 => with!(Sha512),
        }
    }

    /// `Hi`, the loop of RFC 5802 §2.2 as it stands there.
    fn hi(self, password: &[u8], salt: &[u8], count: u32) -> Vec<u8> {
        let mut block = self.hmac(password, &[salt, &[0, 0, 0, 1]].concat());
        let mut all = block.clone();
        for _ in 1..count {
            block = self.hmac(password, &block);
            all = xor(&all, &block);
        }
        all
    }

    /// The keys of a password.
    pub fn keys(self, password: &[u8], salt: &[u8], count: u32) -> Keys {
        let salted = self.hi(password, salt, count);
        let client = self.hmac(&salted, b"Client Key");
        Keys { stored: self.of(&client), server: self.hmac(&salted, b"Server Key"), client }
    }
}

/// What a password is hashed to. A server that keeps no password has no `client`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys {
    pub client: Vec<u8>,
    pub stored: Vec<u8>,
    pub server: Vec<u8>,
}

pub fn xor(one: &[u8], other: &[u8]) -> Vec<u8> {
    one.iter().zip(other).map(|(one, other)| one ^ other).collect()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut text = vec![];
    for group in bytes.chunks(3) {
        let number = group.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let number = number << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = number >> (18 - 6 * place) & 63;
            text.push(if place > group.len() { b'=' } else { ALPHABET[digit as usize] });
        }
    }
    text
}

/// The bytes of base64, where it is the one form that they have.
pub fn unbase64(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.iter().take_while(|character| **character != b'=');
    let (mut bytes, mut held, mut bits) = (vec![], 0_u32, 0);
    for digit in digits {
        let value = ALPHABET.iter().position(|known| known == digit)?;
        held = (held << 6 | u32::try_from(value).unwrap()) & 0xFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    (base64(&bytes) == text).then_some(bytes)
}

/// A name as it stands in a message.
pub fn escape(name: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(name).replace('=', "=3D").replace(',', "=2C").into_bytes()
}

/// The status of what is malformed.
type Read<T> = Result<T, i32>;

fn malformed<T>() -> Read<T> {
    Err(abi::INVALID_TOKEN)
}

fn must(holds: bool) -> Read<()> {
    if holds { Ok(()) } else { malformed() }
}

/// The parts of a message: attributes, and in a first one the two of the header.
fn parts(message: &[u8]) -> Read<Vec<&[u8]>> {
    must(message.len() <= 4096 && std::str::from_utf8(message).is_ok())?;
    must(!message.iter().any(|byte| b"\0\r\n".contains(byte)))?;
    Ok(message.split(|byte| *byte == b',').collect())
}

/// The value of a part that has to be this attribute.
fn value<'m>(part: Option<&&'m [u8]>, name: &str) -> Read<&'m [u8]> {
    let part = part.copied().unwrap_or_default();
    match part.strip_prefix(format!("{name}=").as_bytes()) {
        Some(value) => Ok(value),
        None if part.starts_with(b"m=") => Err(abi::UNSUPPORTED_FUNCTION),
        None => malformed(),
    }
}

/// Whether these parts are extensions that may be passed over.
fn extensions(parts: &[&[u8]]) -> Read<()> {
    for part in parts {
        must(part.len() >= 2 && part[0].is_ascii_alphabetic() && part[1] == b'=')?;
        match part[0] {
            b'm' => return Err(abi::UNSUPPORTED_FUNCTION),
            name => must(!b"anrcsipve".contains(&name) && part.len() > 2)?,
        }
    }
    Ok(())
}

fn is_nonce(text: &[u8], longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.iter().all(|byte| (0x21..0x7F).contains(byte))
}

fn name(escaped: &[u8]) -> Read<Vec<u8>> {
    let mut parts = escaped.split(|byte| *byte == b'=');
    let mut name = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2).ok_or(abi::INVALID_TOKEN)?;
        name.push(match &code.to_ascii_uppercase()[..] {
            b"2C" => b',',
            b"3D" => b'=',
            _ => return malformed(),
        });
        name.extend_from_slice(rest);
    }
    must(name.len() <= 1024)?;
    Ok(name)
}

/// Whether this is the name of a type of bindings.
pub fn is_type(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte))
}

/// What client-first says.
#[derive(Clone, Debug)]
pub struct ClientFirst {
    pub header: Vec<u8>,
    pub bare: Vec<u8>,
    /// The type of bindings after `p=`, else empty.
    pub used: Vec<u8>,
    /// Whether the client believes that the server has no bindings.
    pub unoffered: bool,
    pub authorization: Vec<u8>,
    pub name: Vec<u8>,
    pub nonce: Vec<u8>,
}

pub fn client_first(message: &[u8]) -> Read<ClientFirst> {
    let parts = parts(message)?;
    let used: &[u8] = match parts[0] {
        b"n" | b"y" => b"",
        flag => flag.strip_prefix(b"p=").filter(|name| is_type(name)).ok_or(abi::INVALID_TOKEN)?,
    };
    let authorization = match parts.get(1) {
        Some(part) if part.is_empty() => vec![],
        Some(part) => {
            let escaped = part.strip_prefix(b"a=").ok_or(abi::INVALID_TOKEN)?;
            must(!escaped.is_empty())?;
            name(escaped)?
        }
        None => return malformed(),
    };
    let name = name(value(parts.get(2), "n")?)?;
    let nonce = value(parts.get(3), "r")?;
    must(is_nonce(nonce, 512))?;
    extensions(&parts[4..])?;
    let header = [parts[0], b",", parts[1], b","].concat();
    Ok(ClientFirst {
        bare: message[header.len()..].to_vec(),
        header,
        used: used.to_vec(),
        unoffered: parts[0] == b"y",
        authorization,
        name,
        nonce: nonce.to_vec(),
    })
}

/// What server-first says.
#[derive(Clone, Debug)]
pub struct ServerFirst {
    pub nonce: Vec<u8>,
    pub salt: Vec<u8>,
    pub count: u32,
}

/// What it says to the client whose nonce is `own`.
pub fn server_first(message: &[u8], own: &[u8]) -> Read<ServerFirst> {
    let parts = parts(message)?;
    let nonce = value(parts.first(), "r")?;
    must(is_nonce(nonce, 1024) && nonce.starts_with(own) && nonce != own)?;
    let salt = unbase64(value(parts.get(1), "s")?).ok_or(abi::INVALID_TOKEN)?;
    must((1..=1024).contains(&salt.len()))?;
    let digits = value(parts.get(2), "i")?;
    must(digits.iter().all(u8::is_ascii_digit) && !digits.starts_with(b"0"))?;
    let count = std::str::from_utf8(digits).unwrap().parse().map_err(|_| abi::INVALID_TOKEN)?;
    extensions(&parts[3..])?;
    Ok(ServerFirst { nonce: nonce.to_vec(), salt, count })
}

/// What client-final says.
#[derive(Clone, Debug)]
pub struct ClientFinal {
    pub bindings: Vec<u8>,
    pub nonce: Vec<u8>,
    pub without_proof: Vec<u8>,
    pub proof: Vec<u8>,
}

pub fn client_final(message: &[u8], hash: Hash) -> Read<ClientFinal> {
    let parts = parts(message)?;
    let bindings = unbase64(value(parts.first(), "c")?).ok_or(abi::INVALID_TOKEN)?;
    must(!bindings.is_empty())?;
    let nonce = value(parts.get(1), "r")?;
    must(is_nonce(nonce, 1024))?;
    let (last, between) = parts[2..].split_last().ok_or(abi::INVALID_TOKEN)?;
    extensions(between)?;
    let digits = value(Some(last), "p")?;
    let proof = unbase64(digits).ok_or(abi::INVALID_TOKEN)?;
    must(proof.len() == hash.size())?;
    let without_proof = message[..message.len() - last.len() - 1].to_vec();
    Ok(ClientFinal { bindings, nonce: nonce.to_vec(), without_proof, proof })
}

/// What a client makes of server-final: the signature, or as an error the status.
pub fn server_final(message: &[u8], hash: Hash) -> Read<Vec<u8>> {
    server_error(message)?;
    let parts = parts(message)?;
    let signature = unbase64(value(parts.first(), "v")?).ok_or(abi::INVALID_TOKEN)?;
    must(signature.len() == hash.size())?;
    extensions(&parts[1..])?;
    Ok(signature)
}

/// The status where a server says why it refuses.
pub fn server_error(message: &[u8]) -> Read<()> {
    if !message.starts_with(b"e=") {
        return Ok(());
    }
    let parts = parts(message)?;
    must(parts[0].len() > 2)?;
    extensions(&parts[1..])?;
    Err(match &parts[0][2..] {
        b"channel-bindings-dont-match"
        | b"server-does-support-channel-binding"
        | b"channel-binding-not-supported"
        | b"unsupported-channel-binding-type" => abi::BAD_BINDINGS,
        b"invalid-encoding" | b"invalid-username-encoding" => abi::INVALID_TOKEN,
        b"extensions-not-supported" => abi::UNSUPPORTED_FUNCTION,
        b"no-resources" => abi::NO_AUTHENTICATING_AUTHORITY,
        _ => abi::LOGON_DENIED,
    })
}
