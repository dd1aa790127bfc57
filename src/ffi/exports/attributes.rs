//! The attributes of a context: asked of the package, put into C's structures.

use std::ffi::c_void;

use crate::error::Result;
use crate::ffi::abi::types::{
    CtxtHandle, SECURITY_STATUS, SecPkgContext_AuthorityW, SecPkgContext_ClientSpecifiedTarget,
    SecPkgContext_Flags, SecPkgContext_KeyInfoW, SecPkgContext_Lifespan, SecPkgContext_NamesW,
    SecPkgContext_NegotiationInfoW, SecPkgContext_PackageInfoW, SecPkgContext_PasswordExpiry,
    SecPkgContext_SessionKey, SecPkgContext_Sizes, SecPkgContext_StreamSizes, SecPkgContext_Target,
    ULONG,
};
use crate::ffi::caller::buffers;
use crate::ffi::caller::memory::ContextBuffer;
use crate::ffi::caller::package_info::info_block;
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::StringForm;
use crate::ffi::exports::context::unsupported;
use crate::ffi::exports::impersonation::no_token;
use crate::ffi::guard::guard;
use crate::ffi::passthrough::pass_through;
use crate::ffi::tables::session;
use crate::sasl::Session;
use crate::sspi::{Attribute, AttributeId, KeyInfo, Role, Sizes, StreamSizes};

/// `SECPKG_NEGOTIATION_COMPLETE`.
const NEGOTIATION_COMPLETE: u32 = 0;

/// One of C's structures, ready to be written.
trait AttributeStructure {
    /// Its size, where the caller stated how much room there is.
    fn check_size(&self, stated: Option<u32>) -> Result<()>;

    /// Writes it; its blocks are C's then.
    ///
    /// # Safety
    /// `place` can be written for the structure.
    unsafe fn put(self: Box<Self>, place: *mut c_void);
}

/// A structure and the blocks it points to. The A and W structures differ in the type of the strings
/// only, so that the W structures stand for both here.
struct Filled<T, const N: usize> {
    structure: T,
    blocks: [ContextBuffer; N],
}

impl<T, const N: usize> AttributeStructure for Filled<T, N> {
    fn check_size(&self, stated: Option<u32>) -> Result<()> {
        pointer::sized::<T>(stated)
    }

    unsafe fn put(self: Box<Self>, place: *mut c_void) {
        // SAFETY: NULL or writable (the caller's promise).
        unsafe { pointer::write(place.cast(), self.structure) };
        for block in self.blocks {
            let _the_callers = block.release();
        }
    }
}

/// The structure that `fill` makes of the addresses of `blocks`.
fn filled<T: 'static, const N: usize>(
    blocks: [ContextBuffer; N],
    fill: impl FnOnce([*mut c_void; N]) -> T,
) -> Box<dyn AttributeStructure> {
    Box::new(Filled { structure: fill(blocks.each_ref().map(ContextBuffer::address)), blocks })
}

/// # Safety
/// As [`QueryContextAttributesW`], or [`QueryContextAttributesExW`] with a `size`.
unsafe fn query(
    context: *const CtxtHandle,
    attribute: u32,
    place: *mut c_void,
    size: Option<u32>,
    form: StringForm,
) -> Result<()> {
    // SAFETY: NULL or a handle that can be read (the caller's promise).
    let session = unsafe { session(context) }?;
    pointer::required(place)?;
    let answer = ask(&session, AttributeId(attribute), form)?;
    answer.check_size(size)?;
    // SAFETY: the caller's promise, and the check of the size.
    unsafe { answer.put(place) };
    Ok(())
}

fn ask(
    session: &Session,
    attribute: AttributeId,
    form: StringForm,
) -> Result<Box<dyn AttributeStructure>> {
    let context = session.context();
    match attribute {
        AttributeId::PACKAGE_INFO => {
            let info = info_block(context.package(), form)?;
            Ok(filled([info], |[info]| SecPkgContext_PackageInfoW { PackageInfo: info.cast() }))
        }
        AttributeId::NEGOTIATION_INFO => {
            let info = info_block(context.negotiated(), form)?;
            Ok(filled([info], |[info]| SecPkgContext_NegotiationInfoW {
                PackageInfo: info.cast(),
                NegotiationState: NEGOTIATION_COMPLETE,
            }))
        }
        AttributeId::FLAGS => {
            let bits = match context.role() {
                Role::Server => session.flags().to_asc(),
                Role::Client => session.flags().to_isc(),
            };
            Ok(filled([], |[]| SecPkgContext_Flags { Flags: bits }))
        }
        AttributeId::ACCESS_TOKEN => Err(no_token()),
        attribute => fill(context.query(attribute)?, form),
    }
}

fn fill(attribute: Attribute, form: StringForm) -> Result<Box<dyn AttributeStructure>> {
    Ok(match attribute {
        Attribute::Sizes(sizes) => filled([], |[]| sizes_structure(sizes)),
        Attribute::StreamSizes(sizes) => filled([], |[]| stream_structure(sizes)),
        Attribute::Names(name) => filled([form.exact_block(&name)?], |[name]| {
            SecPkgContext_NamesW { sUserName: name.cast() }
        }),
        Attribute::Authority(realm) => filled([form.exact_block(&realm)?], |[realm]| {
            SecPkgContext_AuthorityW { sAuthorityName: realm.cast() }
        }),
        Attribute::Lifespan(start, expiry) => filled([], |[]| SecPkgContext_Lifespan {
            tsStart: pointer::time(start),
            tsExpiry: pointer::time(expiry),
        }),
        Attribute::PasswordExpiry(expiry) => filled([], |[]| SecPkgContext_PasswordExpiry {
            tsPasswordExpires: pointer::time(expiry),
        }),
        Attribute::KeyInfo(info) => key_info(&info, form)?,
        Attribute::SessionKey(key) => {
            filled([ContextBuffer::holding(key.expose())?], |[bytes]| SecPkgContext_SessionKey {
                SessionKeyLength: buffers::count(key.expose().len()),
                SessionKey: bytes.cast(),
            })
        }
        Attribute::Target(target) => {
            filled([ContextBuffer::holding(&target)?], |[bytes]| SecPkgContext_Target {
                TargetLength: buffers::count(target.len()),
                Target: bytes.cast(),
            })
        }
        Attribute::ClientSpecifiedTarget(name) => {
            // UTF-16 for the A functions too.
            filled([StringForm::Wide.block(&name)?], |[name]| SecPkgContext_ClientSpecifiedTarget {
                sTargetName: name.cast(),
            })
        }
    })
}

fn sizes_structure(sizes: Sizes) -> SecPkgContext_Sizes {
    SecPkgContext_Sizes {
        cbMaxToken: sizes.max_token,
        cbMaxSignature: sizes.max_signature,
        cbBlockSize: sizes.block_size,
        cbSecurityTrailer: sizes.security_trailer,
    }
}

fn stream_structure(sizes: StreamSizes) -> SecPkgContext_StreamSizes {
    SecPkgContext_StreamSizes {
        cbHeader: sizes.header,
        cbTrailer: sizes.trailer,
        cbMaximumMessage: sizes.maximum_message,
        cBuffers: sizes.buffers,
        cbBlockSize: sizes.block_size,
    }
}

fn key_info(info: &KeyInfo, form: StringForm) -> Result<Box<dyn AttributeStructure>> {
    let names = [form.block(info.signature_name)?, form.block(info.encryption_name)?];
    Ok(filled(names, |[signature, encryption]| SecPkgContext_KeyInfoW {
        sSignatureAlgorithmName: signature.cast(),
        sEncryptAlgorithmName: encryption.cast(),
        KeySize: info.key_bits,
        SignatureAlgorithm: info.signature_algorithm,
        EncryptAlgorithm: info.encryption_algorithm,
    }))
}

/// Tells an attribute of a context.
///
/// * `phContext`: the context.
/// * `ulAttribute`: a SECPKG_ATTR number: SIZES 0, NAMES 1, LIFESPAN 2, STREAM_SIZES 4, KEY_INFO 5,
///   AUTHORITY 6, PASSWORD_EXPIRY 8, SESSION_KEY 9, PACKAGE_INFO 10, NEGOTIATION_INFO 12, FLAGS 14,
///   TARGET 19, CLIENT_SPECIFIED_TARGET 27. Which are answered, and when, is the package's affair.
/// * `pBuffer`: the SecPkgContext structure of that attribute. Each pointer in it receives memory
///   of its own, to free with FreeContextBuffer.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `pBuffer` is NULL; SEC_E_INVALID_HANDLE;
/// SEC_E_TARGET_UNKNOWN while there is no target; SEC_E_NO_IMPERSONATION for ACCESS_TOKEN;
/// SEC_E_UNSUPPORTED_FUNCTION for other attributes; SEC_E_INSUFFICIENT_MEMORY. On failure nothing
/// is written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn QueryContextAttributesW(
    phContext: *mut CtxtHandle,
    ulAttribute: ULONG,
    pBuffer: *mut c_void,
) -> SECURITY_STATUS {
    pass_through!(QueriedContext(phContext, ulAttribute) => QueryContextAttributesW(phContext, ulAttribute, pBuffer));
    guard("QueryContextAttributesW", || {
        // SAFETY: what the header says of the parameters.
        unsafe { query(phContext, ulAttribute, pBuffer, None, StringForm::Wide) }
    })
}

/// As QueryContextAttributesW, with ANSI strings. SEC_E_UNSUPPORTED_FUNCTION also for NAMES and AUTHORITY
/// where Windows' code page lacks a character of the name: ask by the W function.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn QueryContextAttributesA(
    phContext: *mut CtxtHandle,
    ulAttribute: ULONG,
    pBuffer: *mut c_void,
) -> SECURITY_STATUS {
    pass_through!(QueriedContext(phContext, ulAttribute) => QueryContextAttributesA(phContext, ulAttribute, pBuffer));
    guard("QueryContextAttributesA", || {
        // SAFETY: what the header says of the parameters.
        unsafe { query(phContext, ulAttribute, pBuffer, None, StringForm::Narrow) }
    })
}

/// As QueryContextAttributesW; SEC_E_BUFFER_TOO_SMALL when the `cbBuffer` bytes at `pBuffer` are
/// fewer than the structure has.
#[cfg_attr(not(windows), unsafe(no_mangle))]
pub unsafe extern "system" fn QueryContextAttributesExW(
    phContext: *mut CtxtHandle,
    ulAttribute: ULONG,
    pBuffer: *mut c_void,
    cbBuffer: ULONG,
) -> SECURITY_STATUS {
    // The plain function by another name: of the system's, only that one is exported.
    pass_through!(QueriedContext(phContext, ulAttribute) => QueryContextAttributesW(phContext, ulAttribute, pBuffer));
    guard("QueryContextAttributesExW", || {
        // SAFETY: what the header says of the parameters.
        unsafe { query(phContext, ulAttribute, pBuffer, Some(cbBuffer), StringForm::Wide) }
    })
}

/// As QueryContextAttributesExW, with ANSI strings.
#[cfg_attr(not(windows), unsafe(no_mangle))]
pub unsafe extern "system" fn QueryContextAttributesExA(
    phContext: *mut CtxtHandle,
    ulAttribute: ULONG,
    pBuffer: *mut c_void,
    cbBuffer: ULONG,
) -> SECURITY_STATUS {
    // The plain function by another name: of the system's, only that one is exported.
    pass_through!(QueriedContext(phContext, ulAttribute) => QueryContextAttributesA(phContext, ulAttribute, pBuffer));
    guard("QueryContextAttributesExA", || {
        // SAFETY: what the header says of the parameters.
        unsafe { query(phContext, ulAttribute, pBuffer, Some(cbBuffer), StringForm::Narrow) }
    })
}

/// Would set an attribute of a context, which is a function of TLS alone.
///
/// Returns SEC_E_INVALID_HANDLE; otherwise SEC_E_UNSUPPORTED_FUNCTION.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SetContextAttributesW(
    phContext: *mut CtxtHandle,
    ulAttribute: ULONG,
    pBuffer: *mut c_void,
    cbBuffer: ULONG,
) -> SECURITY_STATUS {
    pass_through!(ContextBehind(phContext) => SetContextAttributesW(phContext, ulAttribute, pBuffer, cbBuffer)
    );
    let _ = (ulAttribute, pBuffer, cbBuffer);
    // SAFETY: what the header says of the parameter.
    guard("SetContextAttributesW", || unsafe { unsupported(phContext) })
}

/// As SetContextAttributesW.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SetContextAttributesA(
    phContext: *mut CtxtHandle,
    ulAttribute: ULONG,
    pBuffer: *mut c_void,
    cbBuffer: ULONG,
) -> SECURITY_STATUS {
    pass_through!(ContextBehind(phContext) => SetContextAttributesA(phContext, ulAttribute, pBuffer, cbBuffer)
    );
    let _ = (ulAttribute, pBuffer, cbBuffer);
    // SAFETY: what the header says of the parameter.
    guard("SetContextAttributesA", || unsafe { unsupported(phContext) })
}
