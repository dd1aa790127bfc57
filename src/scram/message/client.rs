//! What clients send: client-first and client-final.

use super::grammar::{
    Attributes, Base64, MAX_CLIENT_NONCE, MAX_NONCE, MAX_TOKEN, escape, escaped_length,
    is_binding_name, is_nonce, malformed, print_base64, read_base64, unescape,
};
use crate::base64;
use crate::error::Result;
use crate::system::heap;

/// What a client says of channel bindings (`gs2-cbind-flag`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::scram) enum Flag<'a> {
    /// `n`: it has none.
    None,
    /// `y`: it has some, and believes that the server has not.
    Unoffered,
    /// `p=`: it uses those of this name.
    Used(&'a [u8]),
}

/// A client-first message.
#[derive(PartialEq, Eq, Debug)]
pub(in crate::scram) struct ClientFirst<'a> {
    /// `gs2-header`, with its last comma.
    pub(in crate::scram) header: &'a [u8],
    /// `client-first-message-bare`.
    pub(in crate::scram) bare: &'a [u8],
    pub(in crate::scram) flag: Flag<'a>,
    /// The authorization identity; empty where there is none.
    pub(in crate::scram) authorization: Vec<u8>,
    /// May be empty: some protocols have the name elsewhere.
    pub(in crate::scram) name: Vec<u8>,
    pub(in crate::scram) nonce: &'a [u8],
}

impl<'a> ClientFirst<'a> {
    /// # Errors
    /// `INVALID_TOKEN` for what is against the grammar or too long, `UNSUPPORTED_FUNCTION` for a mandatory
    /// extension.
    pub(in crate::scram) fn parse(message: &'a [u8]) -> Result<Self> {
        let mut attributes = Attributes::of(message)?;
        let flag = match attributes.part()? {
            b"n" => Flag::None,
            b"y" => Flag::Unoffered,
            [b'p', b'=', name @ ..] if is_binding_name(name) => Flag::Used(name),
            _ => return Err(malformed("client-first: no flag n, y or p=NAME (RFC 5802 §7)")),
        };
        let authorization = match attributes.part()? {
            [] => Vec::new(),
            [b'a', b'=', name @ ..] if !name.is_empty() => unescape(name)?,
            _ => return Err(malformed("client-first: no a=NAME where it belongs (RFC 5802 §7)")),
        };
        if !attributes.more() {
            return Err(malformed("client-first: it ends after the header (RFC 5802 §7)"));
        }
        let (header, bare) = message.split_at(attributes.position());
        let name = unescape(attributes.value(b'n')?)?;
        let nonce = attributes.value(b'r')?;
        if !is_nonce(nonce) || nonce.len() > MAX_CLIENT_NONCE {
            return Err(malformed("client-first: the nonce is not 1 to 512 printable characters"));
        }
        attributes.end()?;
        Ok(Self { header, bare, flag, authorization, name, nonce })
    }
}

/// Prints a client-first message; returns it, and how long its header is.
pub(in crate::scram) fn client_first(
    flag: Flag<'_>,
    authorization: &[u8],
    name: &[u8],
    nonce: &[u8],
) -> Result<(Vec<u8>, usize)> {
    let binding = if let Flag::Used(name) = flag { name.len() } else { 0 };
    let names = escaped_length(authorization) + escaped_length(name);
    let length = b"p=,a=,n=,r=".len() + binding + names + nonce.len();
    if length > MAX_TOKEN {
        return Err(malformed("client-first: the names are too long for it"));
    }
    let mut message = heap::list(length)?;
    match flag {
        Flag::None => message.push(b'n'),
        Flag::Unoffered => message.push(b'y'),
        Flag::Used(name) => {
            message.extend_from_slice(b"p=");
            message.extend_from_slice(name);
        }
    }
    message.push(b',');
    if !authorization.is_empty() {
        message.extend_from_slice(b"a=");
        escape(&mut message, authorization);
    }
    message.push(b',');
    let header = message.len();
    message.extend_from_slice(b"n=");
    escape(&mut message, name);
    message.extend_from_slice(b",r=");
    message.extend_from_slice(nonce);
    Ok((message, header))
}

/// A client-final message.
pub(in crate::scram) struct ClientFinal<'a> {
    /// `cbind-input`: the header again, and the data of channel bindings.
    pub(in crate::scram) bindings: Vec<u8>,
    /// The nonce of both.
    pub(in crate::scram) nonce: &'a [u8],
    /// `client-final-message-without-proof`.
    pub(in crate::scram) without_proof: &'a [u8],
    /// As many bytes as the hash has.
    pub(in crate::scram) proof: Base64<64>,
}

impl<'a> ClientFinal<'a> {
    /// `size` is that of the hash.
    ///
    /// # Errors
    /// As [`ClientFirst::parse`].
    pub(in crate::scram) fn parse(message: &'a [u8], size: usize) -> Result<Self> {
        let mut attributes = Attributes::of(message)?;
        let bindings = read_base64(attributes.value(b'c')?)?
            .filter(|bindings| !bindings.is_empty())
            .ok_or_else(|| malformed("client-final: c= is not base64 (RFC 5802 §7)"))?;
        let nonce = attributes.value(b'r')?;
        if !is_nonce(nonce) || nonce.len() > MAX_NONCE {
            return Err(malformed("client-final: the nonce is not 1 to 1024 printable characters"));
        }
        let (proof, without_proof) = attributes.last(b'p')?;
        let proof = Base64::read(proof)
            .filter(|proof: &Base64<64>| proof.bytes().len() == size)
            .ok_or_else(|| malformed("client-final: p= is not base64 of a proof (RFC 5802 §7)"))?;
        Ok(Self { bindings, nonce, without_proof, proof })
    }
}

/// Prints a client-final message up to its proof, which [`print_proof`] appends. There is room for it.
pub(in crate::scram) fn client_final(
    header: &[u8],
    data: &[u8],
    nonce: &[u8],
    size: usize,
) -> Result<Vec<u8>> {
    let length = client_final_length(header, data, nonce, size);
    if length > MAX_TOKEN {
        return Err(malformed("client-final: the bindings are too long for it"));
    }
    let mut input = heap::list(header.len() + data.len())?;
    input.extend_from_slice(header);
    input.extend_from_slice(data);
    let mut message = heap::list(length)?;
    message.extend_from_slice(b"c=");
    print_base64(&mut message, &input);
    message.extend_from_slice(b",r=");
    message.extend_from_slice(nonce);
    Ok(message)
}

/// The length of such a message with its proof.
pub(in crate::scram) fn client_final_length(
    header: &[u8],
    data: &[u8],
    nonce: &[u8],
    size: usize,
) -> usize {
    let bindings = base64::length_of(header.len() + data.len());
    b"c=,r=,p=".len() + bindings + nonce.len() + base64::length_of(size)
}

/// Appends the proof.
pub(in crate::scram) fn print_proof(message: &mut Vec<u8>, proof: &[u8]) {
    message.extend_from_slice(b",p=");
    print_base64(message, proof);
}
