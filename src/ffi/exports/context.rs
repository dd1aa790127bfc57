//! Security contexts: the exports that begin, take further and end them.

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{
    CredHandle, CtxtHandle, SEC_CHAR, SEC_WCHAR, SECURITY_STATUS, SecBufferDesc, TimeStamp, ULONG,
};
use crate::ffi::caller::buffers::{MessageUse, with_message};
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::CallerString;
use crate::ffi::guard::{guard, guard_end};
use crate::ffi::passthrough::pass_through;
use crate::ffi::step::{StepFunctions, accept, initialize};
use crate::ffi::tables::{CONTEXTS, session};
use crate::sspi::Message;

/// Server: takes one step of an exchange. For DIGEST-MD5: makes the challenge, then verifies the
/// response and makes the answer `rspauth=...`.
///
/// * `phCredential`: an INBOUND credential; on subsequent steps NULL will do. It may be freed as soon as
///   the context exists.
/// * `phContext`: NULL (or a zeroed handle) on the first step, then the handle returned by it.
/// * `pInput`: the client's token in the first TOKEN buffer; NULL or an empty buffer where there
///   is none. May be the same memory as the output's.
/// * `fContextReq`: ASC_REQ bits; unknown ones are ignored.
/// * `TargetDataRep`: ignored.
/// * `phNewContext`: receives the handle; may be NULL on subsequent steps, may equal `phContext`.
/// * `pOutput`: the first TOKEN buffer that is not read-only receives the token: `cbBuffer` is its
///   capacity on entry and the token's length on return, to which no terminator counts. With
///   ASC_REQ_ALLOCATE_MEMORY `pvBuffer` receives memory to free with FreeContextBuffer, or NULL
///   when there is no token. Not needed on a step that returns no token.
/// * `pfContextAttr`: receives ASC_RET bits; may be NULL.
/// * `ptsExpiry`: receives the end of the context; may be NULL.
///
/// Digest over HTTP is asked for by ASC_REQ_HTTP (0x10000000) or by PKG_PARAMS buffers after the
/// token: the method, the URI (or nothing), the hash of the body in digits (or nothing), the realm
/// to offer in UTF-16 (or nothing); then perhaps a CHANNEL_BINDINGS buffer. Tokens are what follows
/// the word Digest. A call without a realm is one for the realm that this context has offered
/// before, else for the configuration's. Users of other realms are refused there, but for the empty
/// realm and those that the configuration lists; nonces and sessions of other realms are unknown.
/// Pass NULL for `phContext` with every request's response: the nonce in it tells whose it is.
/// SEC_I_COMPLETE_NEEDED: the session is known, call CompleteAuthToken with the new context. Where
/// several algorithms are configured, each further TOKEN buffer of `pOutput` receives the challenge
/// of a further algorithm, and those left over get length 0.
///
/// Returns SEC_I_CONTINUE_NEEDED: send the token, call again with the answer; SEC_E_OK: send the
/// token, the client is authenticated. The context is the caller's to delete, also after a later
/// step failed; after a failed first step there is none. Nothing is written by a failed call, but
/// for `cbBuffer` after SEC_E_BUFFER_TOO_SMALL, which then is the length needed; the call can be
/// repeated within half a minute, with the same input, flags and credential, by any thread: the
/// token is not taken twice.
///
/// Fails with SEC_E_INVALID_HANDLE; SEC_E_NO_CREDENTIALS for an OUTBOUND credential;
/// SEC_E_WRONG_CREDENTIAL_HANDLE for one of another package; SEC_E_INVALID_TOKEN for a malformed
/// token, malformed buffers, or no buffer for the token; SEC_E_BUFFER_TOO_SMALL;
/// SEC_E_LOGON_DENIED for an unknown user, a wrong password, or a realm that is not let in;
/// SEC_E_NO_AUTHENTICATING_AUTHORITY when the accounts cannot be asked; SEC_E_BAD_BINDINGS;
/// SEC_E_SECURITY_QOS_FAILED; SEC_E_INSUFFICIENT_MEMORY; STATUS_LOGON_FAILURE when the exchange
/// has ended already.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn AcceptSecurityContext(
    phCredential: *mut CredHandle,
    phContext: *mut CtxtHandle,
    pInput: *mut SecBufferDesc,
    fContextReq: ULONG,
    TargetDataRep: ULONG,
    phNewContext: *mut CtxtHandle,
    pOutput: *mut SecBufferDesc,
    pfContextAttr: *mut ULONG,
    ptsExpiry: *mut TimeStamp,
) -> SECURITY_STATUS {
    pass_through!(Step(phCredential, phContext, phNewContext)
            => AcceptSecurityContext(
                phCredential, phContext, pInput, fContextReq, TargetDataRep, phNewContext, pOutput,
                pfContextAttr, ptsExpiry
            )
    );
    let _ = TargetDataRep;
    guard("AcceptSecurityContext", || {
        // SAFETY: what the header says of the parameters.
        unsafe {
            accept(
                StepFunctions::Plain,
                phCredential,
                phContext,
                pInput,
                fContextReq,
                phNewContext,
                pOutput,
                pfContextAttr,
                ptsExpiry,
            )
        }
    })
}

/// Client: takes one step of an exchange. For DIGEST-MD5: answers the challenge, then checks the
/// server's `rspauth=...`.
///
/// * `phCredential`: an OUTBOUND credential; on subsequent steps NULL will do. It may be freed as soon
///   as the context exists.
/// * `phContext`: NULL (or a zeroed handle) on the first step, then the handle returned by it.
/// * `pszTargetName`: UTF-16, terminated; for SASL service/host, for example imap/mail.example.org.
/// * `fContextReq`: ISC_REQ bits; unknown ones are ignored.
/// * `Reserved1`, `TargetDataRep`, `Reserved2`: ignored.
/// * `pInput`: the server's token in the first TOKEN buffer; NULL or an empty buffer where there
///   is none. May be the same memory as the output's.
/// * `phNewContext`: receives the handle; may be NULL on subsequent steps, may equal `phContext`.
/// * `pOutput`: as for AcceptSecurityContext.
/// * `pfContextAttr`: receives ISC_RET bits; may be NULL.
/// * `ptsExpiry`: receives the end of the context; may be NULL.
///
/// Digest over HTTP is asked for by ISC_REQ_HTTP (0x10000000), ISC_REQ_USE_HTTP_STYLE or PKG_PARAMS
/// buffers after the token: the method, and the hash of the body in digits (or nothing); perhaps a
/// TARGET_HOST buffer with the service's name and a CHANNEL_BINDINGS buffer. The target is the
/// request's URI. The token is what follows the word Digest in WWW-Authenticate, or a whole field
/// with challenges of any schemes; of several that are Digest's the one with the best algorithm of
/// those that secur32.toml allows is answered. ISC_REQ_INTEGRITY, ISC_REQ_REPLAY_DETECT and
/// ISC_REQ_SEQUENCE_DETECT ask for auth-int, where no hash means an empty body, and are refused where
/// the server has none. A challenge is answered with SEC_E_OK; later requests are MakeSignature's.
///
/// When a request is answered by 401, pass its challenge to this function once more. With stale=true
/// or another nonce it is answered anew: some servers have a nonce for each request. A second one for
/// the nonce that was just answered gets SEC_E_LOGON_DENIED. Servers that refuse a password with a new
/// nonce each time cannot be told from the former here: a caller gives up when a request that
/// carried the answer to a challenge is answered by 401 without stale=true.
///
/// Returns SEC_I_CONTINUE_NEEDED: send the token, if there is one, and call again with the answer;
/// SEC_E_OK: send the token, if there is one; the exchange has succeeded. What is written, and
/// whose the context is, is as for AcceptSecurityContext.
///
/// Fails with SEC_E_INVALID_HANDLE; SEC_E_NO_CREDENTIALS for an INBOUND credential, or without a
/// password; SEC_E_WRONG_CREDENTIAL_HANDLE; SEC_E_INVALID_TOKEN for a malformed token, malformed
/// buffers, or no buffer for the token; SEC_E_BUFFER_TOO_SMALL; SEC_E_TARGET_UNKNOWN for a target
/// that is missing or malformed; SEC_E_UNSUPPORTED_FUNCTION for ISC_REQ_DELEGATE and
/// ISC_REQ_PROMPT_FOR_CREDS; SEC_E_QOP_NOT_SUPPORTED and SEC_E_CRYPTO_SYSTEM_INVALID when the
/// server does not offer what is needed; SEC_E_ALGORITHM_MISMATCH when none of the algorithms it
/// offers over HTTP is configured; SEC_E_WRONG_PRINCIPAL when the server does not prove that
/// it knows the password; SEC_E_LOGON_DENIED; SEC_E_INSUFFICIENT_MEMORY; STATUS_LOGON_FAILURE when
/// the exchange has ended already.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn InitializeSecurityContextW(
    phCredential: *mut CredHandle,
    phContext: *mut CtxtHandle,
    pszTargetName: *mut SEC_WCHAR,
    fContextReq: ULONG,
    Reserved1: ULONG,
    TargetDataRep: ULONG,
    pInput: *mut SecBufferDesc,
    Reserved2: ULONG,
    phNewContext: *mut CtxtHandle,
    pOutput: *mut SecBufferDesc,
    pfContextAttr: *mut ULONG,
    ptsExpiry: *mut TimeStamp,
) -> SECURITY_STATUS {
    pass_through!(Step(phCredential, phContext, phNewContext)
            => InitializeSecurityContextW(
                phCredential, phContext, pszTargetName, fContextReq, Reserved1, TargetDataRep,
                pInput, Reserved2, phNewContext, pOutput, pfContextAttr, ptsExpiry
            )
    );
    let _ = (Reserved1, TargetDataRep, Reserved2);
    guard("InitializeSecurityContextW", || {
        // SAFETY: what the header says of the parameters.
        unsafe {
            initialize(
                StepFunctions::Plain,
                phCredential,
                phContext,
                CallerString::Wide(pszTargetName),
                fContextReq,
                pInput,
                phNewContext,
                pOutput,
                pfContextAttr,
                ptsExpiry,
            )
        }
    })
}

/// Client: as InitializeSecurityContextW, with an ANSI target name.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn InitializeSecurityContextA(
    phCredential: *mut CredHandle,
    phContext: *mut CtxtHandle,
    pszTargetName: *mut SEC_CHAR,
    fContextReq: ULONG,
    Reserved1: ULONG,
    TargetDataRep: ULONG,
    pInput: *mut SecBufferDesc,
    Reserved2: ULONG,
    phNewContext: *mut CtxtHandle,
    pOutput: *mut SecBufferDesc,
    pfContextAttr: *mut ULONG,
    ptsExpiry: *mut TimeStamp,
) -> SECURITY_STATUS {
    pass_through!(Step(phCredential, phContext, phNewContext)
            => InitializeSecurityContextA(
                phCredential, phContext, pszTargetName, fContextReq, Reserved1, TargetDataRep,
                pInput, Reserved2, phNewContext, pOutput, pfContextAttr, ptsExpiry
            )
    );
    let _ = (Reserved1, TargetDataRep, Reserved2);
    guard("InitializeSecurityContextA", || {
        // SAFETY: what the header says of the parameters.
        unsafe {
            initialize(
                StepFunctions::Plain,
                phCredential,
                phContext,
                CallerString::Narrow(pszTargetName),
                fContextReq,
                pInput,
                phNewContext,
                pOutput,
                pfContextAttr,
                ptsExpiry,
            )
        }
    })
}

/// Server: verifies a request of an HTTP Digest session that is known already, after
/// AcceptSecurityContext returned SEC_I_COMPLETE_NEEDED for it.
///
/// * `phContext`: the context that that call made.
/// * `pToken`: that call's input buffers; a realm in the fifth (index 4) must be the session's, and
///   in its place there may be a TOKEN buffer to be written, whose `cbBuffer` becomes 0, or the length of an
///   Authentication-Info where the configuration asks for one.
///
/// Returns SEC_E_OK: the request is the authenticated user's; SEC_E_OUT_OF_SEQUENCE when the nonce
/// count is not the next one (an accept call with this context and an empty token then makes a
/// challenge with stale=true); SEC_E_MESSAGE_ALTERED when the hash is wrong; SEC_E_LOGON_DENIED when
/// the session is one of another realm; SEC_E_BAD_BINDINGS;
/// SEC_E_INVALID_TOKEN for malformed or missing buffers; SEC_E_INTERNAL_ERROR when nothing is to be
/// completed; SEC_E_INVALID_HANDLE; SEC_E_UNSUPPORTED_FUNCTION for SASL contexts and clients',
/// which have nothing to complete.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn CompleteAuthToken(
    phContext: *mut CtxtHandle,
    pToken: *mut SecBufferDesc,
) -> SECURITY_STATUS {
    pass_through!(ContextBehind(phContext) => CompleteAuthToken(phContext, pToken));
    guard("CompleteAuthToken", || {
        // SAFETY: what the header says of the parameter.
        let session = unsafe { session(phContext) }?;
        let complete = |message: &mut Message<'_, '_>| session.context().complete(message);
        if pToken.is_null() {
            return complete(&mut Message(&mut []));
        }
        // SAFETY: what the header says of the parameter.
        unsafe { with_message(pToken, MessageUse::Plain, complete) }
    })
}

/// Gives a context a control token, which is a function of TLS alone.
///
/// * `phContext`: the context.
/// * `pInput`: the token's buffers.
///
/// Returns SEC_E_INVALID_HANDLE; otherwise SEC_E_UNSUPPORTED_FUNCTION.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn ApplyControlToken(
    phContext: *mut CtxtHandle,
    pInput: *mut SecBufferDesc,
) -> SECURITY_STATUS {
    pass_through!(ContextBehind(phContext) => ApplyControlToken(phContext, pInput));
    let _ = pInput;
    // SAFETY: what the header says of the parameter.
    guard("ApplyControlToken", || unsafe { unsupported(phContext) })
}

/// Refuses what no package does, after the handle was found good.
///
/// # Safety
/// Not NULL, `context` can be read.
pub(crate) unsafe fn unsupported(context: *const CtxtHandle) -> Result<()> {
    // SAFETY: NULL or a handle that can be read (the caller's promise).
    unsafe { session(context) }?;
    Err(Error::new(Status::UNSUPPORTED_FUNCTION, "context: not a function of this package"))
}

/// Ends a context, whatever state it is in. A call that is using it meanwhile finishes undisturbed.
///
/// * `phContext`: the context; its words are left as they are.
///
/// Returns SEC_E_OK; SEC_E_INVALID_HANDLE for a handle that is none, or was deleted before.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DeleteSecurityContext(phContext: *mut CtxtHandle) -> SECURITY_STATUS {
    pass_through!(DeletedContext(phContext) => DeleteSecurityContext(phContext));
    guard_end("DeleteSecurityContext", || {
        // SAFETY: what the header says of the parameter.
        let handle = unsafe { pointer::handle(phContext) }?;
        CONTEXTS.remove(handle)
    })
}

#[cfg(test)]
mod tests;
