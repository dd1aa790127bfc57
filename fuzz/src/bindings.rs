//! Channel bindings as a caller passes them, and what a client may claim of them.

use crate::formulas::{self, Hash};
use crate::strict::Message;

/// What the channel of an exchange is bound to.
pub const CHANNEL: &[u8] = b"tls-server-end-point:0123456789abcdef";
/// Another channel.
pub const OTHER: &[u8] = b"tls-server-end-point:another one";

/// A `SEC_CHANNEL_BINDINGS` block that has application data alone.
pub fn block(application: &[u8]) -> Vec<u8> {
    let length = u32::try_from(application.len()).unwrap();
    let numbers = [0, 0, 0, 0, 0, 0, length, 32];
    let mut block: Vec<u8> = numbers.into_iter().flat_map(u32::to_le_bytes).collect();
    block.extend_from_slice(application);
    block
}

/// Whether a response claims the channel that the server is on: its cnonce covers a claim whose
/// channel is this one's. `None` where it makes no claim at all.
pub fn claims(response: &Message, application: &[u8]) -> Option<bool> {
    let cnonce = response.value("cnonce")?.strip_prefix(b"+Upgraded+v1")?;
    let covered = cnonce.get(..32);
    let parts: Vec<&[u8]> = response
        .list("hashed-dirs")
        .iter()
        .map(|name| {
            let name = std::str::from_utf8(name).unwrap_or_default();
            response.value(name).unwrap_or_default()
        })
        .collect();
    let intact = covered == Some(&*Hash::Md5.joined(&parts));
    let channel = response.value("channel-binding");
    let listed = response.list("hashed-dirs").contains(&b"channel-binding".to_vec());
    Some(intact && listed && channel == Some(&*formulas::channel_hash(application)))
}
