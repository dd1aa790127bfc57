//! What a context keeps once the exchange has succeeded, and its answers to queries.

use super::layer::{Layer, Maxbuf, Protection, Signers};
use crate::digest::message::charset;
use crate::digest::message::limits::MAX_TOKEN;
use crate::digest::message::names;
use crate::digest::message::qop::{Cipher, Named, Qop};
use crate::digest::unfinished_attributes::{no_target, unknown_attribute};
use crate::error::{Error, Result, Status};
use crate::secret::Secret;
use crate::sspi::{Attribute, AttributeId, Flags, KeyInfo, MAXIMUM_TIME, Role, Sizes, StreamSizes};
use crate::system::heap;
use crate::system::time_zone;

const CALG_MD5: u32 = 0x8003;
const CALG_RC4: u32 = 0x6801;
const CALG_3DES_112: u32 = 0x6609;
const CALG_DES: u32 = 0x6601;

/// Who was authenticated, for what. Borrowed to build an [`Established`].
#[derive(Clone, Copy, Default)]
pub(in crate::digest) struct Parties<'a> {
    pub(in crate::digest) user: &'a [u8],
    pub(in crate::digest) realm: &'a [u8],
    pub(in crate::digest) authorization: &'a [u8],
    pub(in crate::digest) digest_uri: &'a [u8],
    /// The service that a server's client named beside its channel's bindings; may be empty.
    pub(in crate::digest) service: &'a [u8],
}

/// The outcome of the negotiation, besides the keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::digest) struct Terms {
    pub(in crate::digest) qop: Qop,
    /// Only with [`Qop::AuthConf`].
    pub(in crate::digest) cipher: Option<Cipher>,
    pub(in crate::digest) maxbuf: Maxbuf,
}

impl Terms {
    /// What the layer does, `None` for qop auth.
    pub(in crate::digest) fn protection(self) -> Option<Protection> {
        match (self.qop, self.cipher) {
            (Qop::Auth, _) => None,
            (Qop::AuthConf, Some(cipher)) => Some(Protection::Confidentiality(cipher)),
            (Qop::AuthInt | Qop::AuthConf, _) => Some(Protection::Integrity),
        }
    }

    /// The message attributes that this quality of protection gives (both numberings).
    pub(in crate::digest) fn flags(self) -> Flags {
        match self.qop {
            Qop::Auth => Flags::NONE,
            Qop::AuthInt => Flags::SIGNED,
            Qop::AuthConf => Flags::SEALED,
        }
    }
}

/// An established context. Its five texts share one allocation.
pub(in crate::digest) struct Established {
    texts: Box<[u8]>,
    ends: [u16; 4],
    session_key: Secret<[u8; 16]>,
    pub(in crate::digest) terms: Terms,
    pub(in crate::digest) layer: Option<Box<Layer>>,
    /// FILETIME, UTC.
    pub(in crate::digest) started: u64,
}

impl Established {
    /// `signers` are those of the session's key, where the terms have a layer.
    pub(in crate::digest) fn new(
        parties: &Parties<'_>,
        session_key: &Secret<[u8; 16]>,
        signers: Option<Signers>,
        terms: Terms,
        role: Role,
        started: u64,
    ) -> Result<Self> {
        let layer = match terms.protection() {
            None => None,
            Some(protection) => {
                let h_a1 = session_key.expose();
                let signers = signers.unwrap_or_else(|| Signers::new(h_a1));
                Some(heap::boxed(Layer::new(h_a1, signers, protection, role, terms.maxbuf))?)
            }
        };
        Self::with_layer(parties, session_key, terms, layer, started)
    }

    pub(in crate::digest) fn with_layer(
        parties: &Parties<'_>,
        session_key: &Secret<[u8; 16]>,
        terms: Terms,
        layer: Option<Box<Layer>>,
        started: u64,
    ) -> Result<Self> {
        let Parties { user, realm, authorization, digest_uri, service } = parties;
        let lengths = [user, realm, authorization, digest_uri, service].map(|text| text.len());
        let mut texts = heap::list(lengths.iter().sum())?;
        let mut ends = [0; 4];
        for (end, text) in ends.iter_mut().zip([user, realm, authorization, digest_uri]) {
            texts.extend_from_slice(text);
            // A response has under 4096 bytes, and so have its parts together.
            *end = u16::try_from(texts.len()).unwrap_or(u16::MAX);
        }
        texts.extend_from_slice(service);
        let texts = texts.into_boxed_slice();
        Ok(Self { texts, ends, session_key: session_key.clone(), terms, layer, started })
    }

    pub(in crate::digest) fn parties(&self) -> Parties<'_> {
        let [user, realm, authorization, digest_uri] = self.ends.map(usize::from);
        let text = |range: std::ops::Range<usize>| self.texts.get(range).unwrap_or_default();
        Parties {
            user: text(0..user),
            realm: text(user..realm),
            authorization: text(realm..authorization),
            digest_uri: text(authorization..digest_uri),
            service: text(digest_uri..self.texts.len()),
        }
    }

    pub(in crate::digest) fn session_key(&self) -> &Secret<[u8; 16]> {
        &self.session_key
    }

    /// The layer.
    pub(in crate::digest) fn layer(&self) -> Result<&Layer> {
        self.layer.as_deref().ok_or_else(|| {
            let reason = "message: qop auth was negotiated, which protects no messages";
            Error::new(Status::QOP_NOT_SUPPORTED, reason)
        })
    }

    pub(in crate::digest) fn query(&self, attribute: AttributeId, role: Role) -> Result<Attribute> {
        let parties = self.parties();
        Ok(match attribute {
            AttributeId::SIZES => Attribute::Sizes(self.sizes()),
            AttributeId::NAMES => Attribute::Names(match role {
                Role::Server => names::display_name(parties.user, parties.realm),
                Role::Client => charset::to_text(parties.user).into_owned(),
            }),
            AttributeId::LIFESPAN => {
                Attribute::Lifespan(time_zone::filetime_to_local(self.started), MAXIMUM_TIME)
            }
            AttributeId::STREAM_SIZES => Attribute::StreamSizes(self.stream_sizes()?),
            AttributeId::KEY_INFO => Attribute::KeyInfo(self.key_info()),
            AttributeId::AUTHORITY => {
                Attribute::Authority(charset::to_text(parties.realm).into_owned())
            }
            AttributeId::PASSWORD_EXPIRY => Attribute::PasswordExpiry(MAXIMUM_TIME),
            AttributeId::SESSION_KEY => {
                Attribute::SessionKey(Secret::new(self.session_key.expose().to_vec()))
            }
            AttributeId::TARGET => Attribute::Target(parties.digest_uri.to_vec()),
            AttributeId::CLIENT_SPECIFIED_TARGET if parties.service.is_empty() => {
                return Err(no_target());
            }
            AttributeId::CLIENT_SPECIFIED_TARGET => {
                Attribute::ClientSpecifiedTarget(charset::to_text(parties.service).into_owned())
            }
            _ => return Err(unknown_attribute()),
        })
    }

    fn sizes(&self) -> Sizes {
        let unprotected = Sizes { max_token: MAX_TOKEN, ..Sizes::default() };
        self.layer.as_ref().map_or(unprotected, |layer| Sizes {
            max_token: MAX_TOKEN,
            max_signature: layer.max_signature(),
            block_size: layer.block_size(),
            security_trailer: layer.security_trailer(),
        })
    }

    fn stream_sizes(&self) -> Result<StreamSizes> {
        let layer = self.layer.as_ref().ok_or_else(unknown_attribute)?;
        let block_size = layer.block_size();
        let padding = if block_size > 1 { block_size } else { 0 };
        let trailer = layer.security_trailer() + padding;
        let maximum_message = layer.longest_text();
        Ok(StreamSizes { header: 0, trailer, maximum_message, buffers: 2, block_size })
    }

    fn key_info(&self) -> KeyInfo {
        let (encryption_name, encryption_algorithm, key_bits) = match self.terms.cipher {
            None => ("", 0, 128),
            Some(Cipher::Rc4) => ("RC4", CALG_RC4, 128),
            Some(Cipher::Rc4With56Bits) => ("RC4", CALG_RC4, 56),
            Some(Cipher::Rc4With40Bits) => ("RC4", CALG_RC4, 40),
            Some(Cipher::TripleDes) => ("3DES", CALG_3DES_112, 112),
            Some(Cipher::Des) => ("DES", CALG_DES, 56),
        };
        KeyInfo {
            signature_name: "MD5",
            encryption_name,
            key_bits,
            signature_algorithm: CALG_MD5,
            encryption_algorithm,
        }
    }
}

/// The names of the negotiated terms, for the log.
impl std::fmt::Display for Terms {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.qop.name())?;
        match self.cipher {
            Some(cipher) => write!(formatter, " with {}", cipher.name()),
            None => Ok(()),
        }
    }
}
