//! SASL context options (`SaslSetContextOption`, `SaslGetContextOption`).

use super::cookie::{Agreed, Layer};
use crate::error::{Error, Result, Status};
use crate::sspi::{Attribute, AttributeId, Context, Role, Sizes, StreamSizes};
use crate::system::heap;

/// What both sizes are until they are set.
const DEFAULT_SIZE: u32 = 0xFFFF;

/// The number of an option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OptionId(pub u32);

impl OptionId {
    /// `SASL_OPTION_SEND_SIZE`.
    pub const SEND_SIZE: Self = Self(1);
    /// `SASL_OPTION_RECV_SIZE`.
    pub const RECV_SIZE: Self = Self(2);
    /// `SASL_OPTION_AUTHZ_STRING`.
    pub const AUTHZ_STRING: Self = Self(3);
    /// `SASL_OPTION_AUTHZ_PROCESSING`.
    pub const AUTHZ_PROCESSING: Self = Self(4);
}

/// The value of an option.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OptionValue {
    /// A `ULONG`.
    Number(u32),
    /// Bytes without a terminator.
    Bytes(Vec<u8>),
}

/// The options of one context.
pub(super) struct Options {
    send_size: u32,
    pub(super) receive_size: u32,
    pub(super) authorization_allowed: bool,
    pub(super) authorization: Box<[u8]>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            send_size: DEFAULT_SIZE,
            receive_size: DEFAULT_SIZE,
            authorization_allowed: true,
            authorization: Box::default(),
        }
    }
}

impl Options {
    /// A copy.
    ///
    /// # Errors
    /// `INSUFFICIENT_MEMORY`.
    pub(super) fn copied(&self) -> Result<Self> {
        let authorization = heap::copied(&self.authorization)?.into_boxed_slice();
        Ok(Self { authorization, ..*self })
    }

    pub(super) fn set(&mut self, option: OptionId, value: &[u8]) -> Result<()> {
        match option {
            OptionId::SEND_SIZE => self.send_size = number(value)?,
            OptionId::RECV_SIZE => self.receive_size = number(value)?,
            OptionId::AUTHZ_STRING => {
                self.check_authorization()?;
                self.authorization = heap::copied(value)?.into_boxed_slice();
            }
            OptionId::AUTHZ_PROCESSING => {
                self.authorization_allowed = match number(value)? {
                    0 => false,
                    1 => true,
                    _ => return Err(unsupported("SASL_OPTION_AUTHZ_PROCESSING is 0 or 1")),
                };
            }
            _ => return Err(unsupported("no such SASL option")),
        }
        Ok(())
    }

    /// `agreed` is what cookies have settled, where there are any.
    pub(super) fn get(
        &self,
        option: OptionId,
        context: &dyn Context,
        agreed: Option<&Agreed>,
    ) -> Result<OptionValue> {
        Ok(match option {
            OptionId::SEND_SIZE => OptionValue::Number(match agreed {
                Some(agreed) => self.sendable_after_cookies(context, agreed),
                None => self.sendable(context),
            }),
            OptionId::RECV_SIZE => OptionValue::Number(self.receive_size),
            OptionId::AUTHZ_STRING => {
                self.check_authorization()?;
                OptionValue::Bytes(match context.role() {
                    Role::Client => heap::copied(&self.authorization)?,
                    Role::Server => match agreed {
                        Some(agreed) => heap::copied(&agreed.authorization)?,
                        None => context.authorization(),
                    },
                })
            }
            OptionId::AUTHZ_PROCESSING => OptionValue::Number(self.authorization_allowed.into()),
            _ => return Err(unsupported("no such SASL option")),
        })
    }

    fn check_authorization(&self) -> Result<()> {
        if self.authorization_allowed {
            return Ok(());
        }
        Err(unsupported("SASL_OPTION_AUTHZ_STRING while authorization identities are forbidden"))
    }

    /// The largest plaintext that fits the peer's buffer, once a layer is known; the stored limit
    /// before that.
    fn sendable(&self, context: &dyn Context) -> u32 {
        let layer = (context.query(AttributeId::STREAM_SIZES), context.query(AttributeId::SIZES));
        let (Ok(Attribute::StreamSizes(stream)), Ok(Attribute::Sizes(sizes))) = layer else {
            return self.send_size;
        };
        let StreamSizes { maximum_message, trailer, .. } = stream;
        without_overhead(self.send_size.min(maximum_message.saturating_add(trailer)), sizes)
    }

    fn sendable_after_cookies(&self, context: &dyn Context, agreed: &Agreed) -> u32 {
        match context.query(AttributeId::SIZES) {
            Ok(Attribute::Sizes(sizes)) if agreed.layer != Layer::None => {
                without_overhead(self.send_size.min(agreed.peer_size), sizes)
            }
            _ => self.send_size,
        }
    }
}

/// The plaintext that fits into a message of `size` bytes, as Windows documents the option.
fn without_overhead(size: u32, sizes: Sizes) -> u32 {
    let Sizes { max_signature, block_size, security_trailer, .. } = sizes;
    size.saturating_sub(block_size).saturating_sub(security_trailer).saturating_sub(max_signature)
}

fn number(value: &[u8]) -> Result<u32> {
    match value.first_chunk() {
        Some(bytes) => Ok(u32::from_ne_bytes(*bytes)),
        None => Err(Error::new(Status::BUFFER_TOO_SMALL, "SASL option: a ULONG has four bytes")),
    }
}

fn unsupported(reason: &'static str) -> Error {
    Error::new(Status::UNSUPPORTED_FUNCTION, reason)
}
