//! Messages of an established context: signed, verified, sealed and opened in the caller's memory.

use crate::error::Result;
use crate::ffi::abi::types::{CtxtHandle, SECURITY_STATUS, SecBufferDesc, ULONG};
use crate::ffi::caller::buffers::{MessageUse, with_message};
use crate::ffi::caller::pointer;
use crate::ffi::guard::guard;
use crate::ffi::passthrough::pass_through;
use crate::ffi::tables::session;
use crate::sspi::Message;

/// Signs a message.
///
/// * `phContext`: an established context.
/// * `fQOP`: 0.
/// * `pMessage`: a TOKEN buffer, which receives the signature (its `cbBuffer` is the capacity on
///   entry, SECPKG_ATTR_SIZES tells how much is needed, and the length on return), and the message
///   in DATA buffers, which are signed in their order and left as they are; of Digest without those
///   marked SECBUFFER_READONLY_WITH_CHECKSUM. A PADDING buffer's `cbBuffer` becomes 0. What is sent
///   as one message should be no longer than SECPKG_ATTR_STREAM_SIZES says.
/// * `MessageSeqNo`: ignored; the context counts.
///
/// In HTTP mode a client makes the digest-response of its next request: `pMessage` has an empty
/// TOKEN buffer, then in PKG_PARAMS buffers the method, the URI and the hash of the body (or
/// nothing), then a buffer of any type that receives the text: capacity on entry, length on
/// return.
///
/// Returns SEC_E_OK; SEC_E_INVALID_HANDLE, also before the exchange has succeeded, with the Sasl
/// functions their cookies too; SEC_E_INVALID_TOKEN without a TOKEN buffer, and for malformed or
/// overlapping buffers; SEC_E_BUFFER_TOO_SMALL; SEC_E_QOP_NOT_SUPPORTED when the context has no
/// integrity protection; SEC_E_CONTEXT_EXPIRED after 2^32 messages of Digest. On failure nothing is
/// written, but for `cbBuffer` after SEC_E_BUFFER_TOO_SMALL: the length needed.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn MakeSignature(
    phContext: *mut CtxtHandle,
    fQOP: ULONG,
    pMessage: *mut SecBufferDesc,
    MessageSeqNo: ULONG,
) -> SECURITY_STATUS {
    pass_through!(Context(phContext) => MakeSignature(phContext, fQOP, pMessage, MessageSeqNo));
    let _ = MessageSeqNo;
    guard("MakeSignature", || {
        // SAFETY: what the header says of the parameter.
        let session = unsafe { session(phContext) }?;
        let sign = |message: &mut Message<'_, '_>| session.sign(fQOP, message);
        // SAFETY: what the header says of the parameter.
        unsafe { with_message(pMessage, MessageUse::Plain, sign) }
    })
}

/// Verifies the signature of a message.
///
/// * `phContext`: an established context.
/// * `pMessage`: the signature in a TOKEN buffer and the message in DATA buffers, as they were signed;
///   of Digest also DATA buffers alone, the last of which ends with the signature.
/// * `MessageSeqNo`: ignored; the context counts.
/// * `pfQOP`: receives the quality of protection; may be NULL. Written after success only.
///
/// In HTTP mode a server verifies the digest-response of a further request: `pMessage` has it in a
/// TOKEN buffer, then in PKG_PARAMS buffers the method, the URI and the hash of the body.
///
/// Returns SEC_E_OK; SEC_E_MESSAGE_ALTERED; SEC_E_OUT_OF_SEQUENCE for a message that was seen
/// before or follows one not seen, by Kerberos and Negotiate where SEQUENCE_DETECT or REPLAY_DETECT was
/// asked for (after both the next good message still verifies); SEC_E_INVALID_HANDLE;
/// SEC_E_INVALID_TOKEN; SEC_E_QOP_NOT_SUPPORTED; SEC_E_CONTEXT_EXPIRED after 2^32 messages of
/// Digest.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn VerifySignature(
    phContext: *mut CtxtHandle,
    pMessage: *mut SecBufferDesc,
    MessageSeqNo: ULONG,
    pfQOP: *mut ULONG,
) -> SECURITY_STATUS {
    pass_through!(Context(phContext) => VerifySignature(phContext, pMessage, MessageSeqNo, pfQOP));
    let _ = MessageSeqNo;
    guard("VerifySignature", || {
        // SAFETY: what the header says of the parameter.
        let session = unsafe { session(phContext) }?;
        let verify = |message: &mut Message<'_, '_>| session.verify(message);
        // SAFETY: what the header says of the parameter.
        let qop = unsafe { with_message(pMessage, MessageUse::Plain, verify) }?;
        // SAFETY: what the header says of the parameter.
        unsafe { pointer::write(pfQOP, qop) };
        Ok(())
    })
}

/// Seals a message in place: encrypts and signs it, or signs it only, as the context negotiated.
/// One thread may seal while another opens.
///
/// * `phContext`: an established context.
/// * `fQOP`: 0; of Kerberos and Negotiate, and of DIGEST-MD5 with auth-int, also
///   SECQOP_WRAP_NO_ENCRYPT, to sign only.
/// * `pMessage`: the plaintext in DATA buffers, which are sealed as one text and become as
///   many bytes of the sealed message, and buffers for the rest of it: capacity on entry, length on
///   return. SECPKG_ATTR_SIZES tells how much they need. The shapes:
///   - TOKEN (cbSecurityTrailer), DATA..., PADDING (cbBlockSize), sent in this order, for any package.
///     The lengths are those after the call; of Digest the text moves within the buffers.
///   - For Digest also DATA... with PADDING, or without one with TOKEN (cbMaxSignature plus
///     cbBlockSize), which follows the data wherever the buffer stands; or two DATA buffers, the
///     second for what follows. Where TOKEN and PADDING are there and PADDING alone has the room,
///     TOKEN's length becomes 0.
///   - For Kerberos and Negotiate also TOKEN, DATA... without PADDING.
///
///   DATA marked SECBUFFER_READONLY is no part of the message. DATA marked
///   SECBUFFER_READONLY_WITH_CHECKSUM is signed and not encrypted by Kerberos and Negotiate, and no
///   part of the message for Digest, whose messages have no place for it.
/// * `MessageSeqNo`: ignored; the context counts.
///
/// A context of Digest with auth-int signs: the text stays readable, as SASL's layer for integrity
/// has it, and so do the Sasl functions' contexts of Kerberos and Negotiate whose layer is that for
/// integrity. Other contexts without confidentiality refuse, unless fQOP is SECQOP_WRAP_NO_ENCRYPT.
///
/// Returns SEC_E_OK; SEC_E_INVALID_HANDLE, also before the exchange has succeeded, with the Sasl
/// functions their cookies too; SEC_E_INVALID_TOKEN without those buffers, for malformed or
/// overlapping ones, and for a message that is longer than the peer takes (its maxbuf, or the size in
/// its cookie): SECPKG_ATTR_STREAM_SIZES of Digest, and SASL_OPTION_SEND_SIZE, tell what fits;
/// SEC_E_BUFFER_TOO_SMALL; SEC_E_UNSUPPORTED_FUNCTION by Kerberos and Negotiate when the context has no
/// confidentiality; SEC_E_QOP_NOT_SUPPORTED when the context has no security layer, also where the
/// cookies chose none, and for SECQOP_WRAP_NO_ENCRYPT with auth-conf; SEC_E_CONTEXT_EXPIRED after 2^32
/// messages of Digest, whose sequence numbers are then used up. On failure nothing is written, but for
/// `cbBuffer` after SEC_E_BUFFER_TOO_SMALL: the length needed.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn EncryptMessage(
    phContext: *mut CtxtHandle,
    fQOP: ULONG,
    pMessage: *mut SecBufferDesc,
    MessageSeqNo: ULONG,
) -> SECURITY_STATUS {
    pass_through!(Context(phContext) => EncryptMessage(phContext, fQOP, pMessage, MessageSeqNo));
    let _ = MessageSeqNo;
    // SAFETY: what the header says of the parameters.
    guard("EncryptMessage", || unsafe { seal(phContext, fQOP, pMessage) })
}

/// EncryptMessage by its former name.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SealMessage(
    phContext: *mut CtxtHandle,
    fQOP: ULONG,
    pMessage: *mut SecBufferDesc,
    MessageSeqNo: ULONG,
) -> SECURITY_STATUS {
    pass_through!(Context(phContext) => SealMessage(phContext, fQOP, pMessage, MessageSeqNo));
    let _ = MessageSeqNo;
    // SAFETY: what the header says of the parameters.
    guard("SealMessage", || unsafe { seal(phContext, fQOP, pMessage) })
}

/// # Safety
/// As [`EncryptMessage`].
unsafe fn seal(context: *const CtxtHandle, qop: u32, message: *const SecBufferDesc) -> Result<()> {
    // SAFETY: NULL or a handle that can be read (the caller's promise).
    let session = unsafe { session(context) }?;
    let seal = |message: &mut Message<'_, '_>| session.seal(qop, message);
    // SAFETY: a descriptor whose buffers are this call's alone (the caller's promise).
    unsafe { with_message(message, MessageUse::Plain, seal) }
}

/// Opens a sealed message in place. One thread may open while another seals.
///
/// * `phContext`: an established context.
/// * `pMessage`: either a STREAM buffer with the sealed message and a DATA buffer (what it holds
///   is ignored), which then points to the plaintext inside the stream's memory; or the sealed
///   message in a DATA buffer, whose `cbBuffer` becomes the plaintext's length; or the buffers as
///   EncryptMessage left them, in any of its shapes: the plaintext then is in the DATA buffers again,
///   and their `cbBuffer` tells how much of it. Digest also takes the message in several DATA buffers
///   and nothing else. Read-only DATA counts as it did when the message was sealed.
/// * `MessageSeqNo`: ignored; the context counts.
/// * `pfQOP`: receives 0, or SECQOP_WRAP_NO_ENCRYPT for a message that was signed only; may be
///   NULL. Written after success only.
///
/// Returns SEC_E_OK; SEC_E_MESSAGE_ALTERED; SEC_E_OUT_OF_SEQUENCE for a message that was seen
/// before or follows one not seen, by Kerberos and Negotiate where SEQUENCE_DETECT or REPLAY_DETECT was
/// asked for (after both the next good message still opens);
/// SEC_E_INCOMPLETE_MESSAGE for fewer bytes than a message has, also none; SEC_E_INVALID_HANDLE;
/// SEC_E_INVALID_TOKEN without those buffers, for malformed or overlapping ones, by Kerberos and
/// Negotiate for what does not begin as a message does, and by Digest for more than the configured
/// maxbuf, which was told to the peer; SEC_E_BUFFER_TOO_SMALL by Digest for a buffer
/// beside DATA that alone has what follows the data and is shorter than 16 bytes, and where the text
/// has no room in DATA; SEC_E_QOP_NOT_SUPPORTED when the context has no security layer;
/// SEC_E_CONTEXT_EXPIRED after 2^32 messages of Digest. On failure the buffers are as they were.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DecryptMessage(
    phContext: *mut CtxtHandle,
    pMessage: *mut SecBufferDesc,
    MessageSeqNo: ULONG,
    pfQOP: *mut ULONG,
) -> SECURITY_STATUS {
    pass_through!(Context(phContext) => DecryptMessage(phContext, pMessage, MessageSeqNo, pfQOP));
    let _ = MessageSeqNo;
    // SAFETY: what the header says of the parameters.
    guard("DecryptMessage", || unsafe { open(phContext, pMessage, pfQOP) })
}

/// DecryptMessage by its former name.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn UnsealMessage(
    phContext: *mut CtxtHandle,
    pMessage: *mut SecBufferDesc,
    MessageSeqNo: ULONG,
    pfQOP: *mut ULONG,
) -> SECURITY_STATUS {
    pass_through!(Context(phContext) => UnsealMessage(phContext, pMessage, MessageSeqNo, pfQOP));
    let _ = MessageSeqNo;
    // SAFETY: what the header says of the parameters.
    guard("UnsealMessage", || unsafe { open(phContext, pMessage, pfQOP) })
}

/// # Safety
/// As [`DecryptMessage`].
unsafe fn open(
    context: *const CtxtHandle,
    message: *const SecBufferDesc,
    qop: *mut ULONG,
) -> Result<()> {
    // SAFETY: NULL or a handle that can be read (the caller's promise).
    let session = unsafe { session(context) }?;
    let open = |message: &mut Message<'_, '_>| session.open(message);
    // SAFETY: a descriptor whose buffers are this call's alone (the caller's promise).
    let protection = unsafe { with_message(message, MessageUse::Opening, open) }?;
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(qop, protection) };
    Ok(())
}

#[cfg(test)]
mod tests;
