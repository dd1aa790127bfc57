//! The `Sasl*` functions: steps through SASL, profiles, options.

use std::ffi::c_void;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{
    CredHandle, CtxtHandle, SEC_CHAR, SEC_WCHAR, SECURITY_STATUS, SecBufferDesc, SecPkgInfoA,
    SecPkgInfoW, TimeStamp, ULONG,
};
use crate::ffi::caller::buffers::{self, BufferSlots, Copies, InputViews};
use crate::ffi::caller::memory::ContextBuffer;
use crate::ffi::caller::package_info::write_info;
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::{CallerString, StringForm};
use crate::ffi::guard::guard;
use crate::ffi::passthrough::pass_through;
use crate::ffi::step::{StepFunctions, accept, initialize};
use crate::ffi::tables::{packages, session};
use crate::sasl::{OptionId, OptionValue};
use crate::sspi::buffer_type;

/// Server: takes one step of a SASL exchange, and of the cookies that SASL adds to packages with
/// GSSAPI tokens. For DIGEST-MD5: an empty input makes the challenge (SEC_I_CONTINUE_NEEDED), the
/// response makes `rspauth=...` (SEC_E_OK). For GSSAPI (RFC 4752) after the package's tokens: the
/// empty answer to its last one makes the server's cookie, the client's cookie ends the exchange;
/// `pfContextAttr` then tells the layer that the client chose. For SCRAM (RFC 5802): client-first makes
/// server-first, also on the first call (SEC_I_CONTINUE_NEEDED), client-final makes `v=...` (SEC_E_OK);
/// an empty input before makes no token, which is an empty challenge to send. A server that lists a -PLUS
/// mechanism passes SECBUFFER_CHANNEL_BINDINGS, one of each type that it has, to every call, under the
/// plain mechanisms too: that is what tells a client whose list was tampered with.
///
/// Parameters, results and ownership are as for AcceptSecurityContext. In addition fails with
/// SEC_E_ALGORITHM_MISMATCH when the client sent an authorization identity while
/// SASL_OPTION_AUTHZ_PROCESSING forbids them, and with SEC_E_INVALID_HANDLE for a context that no
/// Sasl function made.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SaslAcceptSecurityContext(
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
    pass_through!(SaslStep(phCredential, phContext, phNewContext)
            => SaslAcceptSecurityContext(
                phCredential, phContext, pInput, fContextReq, TargetDataRep, phNewContext, pOutput,
                pfContextAttr, ptsExpiry
            )
    );
    let _ = TargetDataRep;
    guard("SaslAcceptSecurityContext", || {
        // SAFETY: what the header says of the parameters.
        unsafe {
            accept(
                StepFunctions::Sasl,
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

/// Client: takes one step of a SASL exchange. For DIGEST-MD5: no input makes no output, the
/// challenge makes the response (both SEC_I_CONTINUE_NEEDED), `rspauth=...` ends the exchange
/// (SEC_E_OK). The challenge may come with the first call. For SCRAM (RFC 5802): no input makes
/// client-first, and makes the same again until server-first makes client-final (both
/// SEC_I_CONTINUE_NEEDED), `v=...` ends the exchange (SEC_E_OK); SASL_OPTION_AUTHZ_STRING, which needs a
/// context, is set after the first call, and the next call without input makes a client-first that has it.
/// For GSSAPI (RFC 4752) after the
/// package's tokens: an empty token to send (SEC_I_CONTINUE_NEEDED) where the package had none, then
/// the server's cookie makes the client's (SEC_E_OK), which asks for the strongest layer that
/// `fContextReq` named; SEC_E_QOP_NOT_SUPPORTED where the server does not have it.
///
/// Parameters, results and ownership are as for InitializeSecurityContextW. In addition fails with
/// SEC_E_INVALID_HANDLE for a context that no Sasl function made.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SaslInitializeSecurityContextW(
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
    pass_through!(SaslStep(phCredential, phContext, phNewContext)
            => SaslInitializeSecurityContextW(
                phCredential, phContext, pszTargetName, fContextReq, Reserved1, TargetDataRep,
                pInput, Reserved2, phNewContext, pOutput, pfContextAttr, ptsExpiry
            )
    );
    let _ = (Reserved1, TargetDataRep, Reserved2);
    guard("SaslInitializeSecurityContextW", || {
        // SAFETY: what the header says of the parameters.
        unsafe {
            initialize(
                StepFunctions::Sasl,
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

/// Client: as SaslInitializeSecurityContextW, with an ANSI target name.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SaslInitializeSecurityContextA(
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
    pass_through!(SaslStep(phCredential, phContext, phNewContext)
            => SaslInitializeSecurityContextA(
                phCredential, phContext, pszTargetName, fContextReq, Reserved1, TargetDataRep,
                pInput, Reserved2, phNewContext, pOutput, pfContextAttr, ptsExpiry
            )
    );
    let _ = (Reserved1, TargetDataRep, Reserved2);
    guard("SaslInitializeSecurityContextA", || {
        // SAFETY: what the header says of the parameters.
        unsafe {
            initialize(
                StepFunctions::Sasl,
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

/// Lists the SASL profiles (mechanisms) of this machine.
///
/// * `ProfileList`: receives the names one after another, each terminated, and one more terminator
///   at the end; one block to free with FreeContextBuffer.
/// * `ProfileCount`: receives the number of names.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for a NULL argument; SEC_E_INTERNAL_ERROR when the
/// configuration is wrong; SEC_E_INSUFFICIENT_MEMORY. On failure nothing is written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SaslEnumerateProfilesW(
    ProfileList: *mut *mut SEC_WCHAR,
    ProfileCount: *mut ULONG,
) -> SECURITY_STATUS {
    guard("SaslEnumerateProfilesW", || {
        // SAFETY: what the header says of the parameters.
        unsafe { enumerate(ProfileList.cast(), ProfileCount, StringForm::Wide) }
    })
}

/// As SaslEnumerateProfilesW, with ANSI names.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SaslEnumerateProfilesA(
    ProfileList: *mut *mut SEC_CHAR,
    ProfileCount: *mut ULONG,
) -> SECURITY_STATUS {
    guard("SaslEnumerateProfilesA", || {
        // SAFETY: what the header says of the parameters.
        unsafe { enumerate(ProfileList.cast(), ProfileCount, StringForm::Narrow) }
    })
}

/// # Safety
/// As [`SaslEnumerateProfilesW`].
unsafe fn enumerate(list: *mut *mut c_void, count: *mut ULONG, form: StringForm) -> Result<()> {
    pointer::required(list)?;
    pointer::required(count)?;
    let profiles = packages().profiles()?;
    let mut names: Vec<u8> = profiles.iter().flat_map(|profile| form.bytes(profile)).collect();
    names.extend_from_slice(&form.bytes(""));
    let block = ContextBuffer::holding(&names)?;
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(count, buffers::count(profiles.len())) };
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(list, block.release()) };
    Ok(())
}

/// Finds the package behind a SASL profile.
///
/// * `ProfileName`: the profile without regard to case, for example DIGEST-MD5.
/// * `PackageInfo`: receives what QuerySecurityPackageInfoW would tell, to free with
///   FreeContextBuffer. Its Name is what AcquireCredentialsHandleW takes.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `PackageInfo` is NULL; SEC_E_SECPKG_NOT_FOUND
/// for an unknown profile, or one whose package this machine does not have;
/// SEC_E_INSUFFICIENT_MEMORY. On failure nothing is written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SaslGetProfilePackageW(
    ProfileName: *mut SEC_WCHAR,
    PackageInfo: *mut *mut SecPkgInfoW,
) -> SECURITY_STATUS {
    guard("SaslGetProfilePackageW", || {
        // SAFETY: what the header says of the parameters.
        unsafe {
            profile_package(CallerString::Wide(ProfileName), PackageInfo.cast(), StringForm::Wide)
        }
    })
}

/// As SaslGetProfilePackageW, with ANSI strings.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SaslGetProfilePackageA(
    ProfileName: *mut SEC_CHAR,
    PackageInfo: *mut *mut SecPkgInfoA,
) -> SECURITY_STATUS {
    guard("SaslGetProfilePackageA", || {
        // SAFETY: what the header says of the parameters.
        unsafe {
            profile_package(
                CallerString::Narrow(ProfileName),
                PackageInfo.cast(),
                StringForm::Narrow,
            )
        }
    })
}

/// # Safety
/// As [`SaslGetProfilePackageW`].
unsafe fn profile_package(
    name: CallerString,
    info: *mut *mut c_void,
    form: StringForm,
) -> Result<()> {
    pointer::required(info)?;
    // SAFETY: NULL or terminated (the caller's promise).
    let name = unsafe { name.read(Status::SECPKG_NOT_FOUND) }?;
    let package = packages().profile_package(name.as_deref().unwrap_or_default())?;
    // SAFETY: writable (the caller's promise).
    unsafe { write_info(info, package, form) }
}

/// Finds the package that a token begins an exchange of: by the name of a profile, or by the look of
/// the token.
///
/// * `pInput`: the token in the first TOKEN buffer, or else in the first buffer.
/// * `PackageInfo`: receives what QuerySecurityPackageInfoW would tell, to free with
///   FreeContextBuffer.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `PackageInfo` is NULL; SEC_E_INVALID_TOKEN for an
/// empty token or malformed buffers; SEC_E_SECPKG_NOT_FOUND; SEC_E_INSUFFICIENT_MEMORY. On failure
/// nothing is written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SaslIdentifyPackageW(
    pInput: *mut SecBufferDesc,
    PackageInfo: *mut *mut SecPkgInfoW,
) -> SECURITY_STATUS {
    guard("SaslIdentifyPackageW", || {
        // SAFETY: what the header says of the parameters.
        unsafe { identify(pInput, PackageInfo.cast(), StringForm::Wide) }
    })
}

/// As SaslIdentifyPackageW, with ANSI strings in the answer.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SaslIdentifyPackageA(
    pInput: *mut SecBufferDesc,
    PackageInfo: *mut *mut SecPkgInfoA,
) -> SECURITY_STATUS {
    guard("SaslIdentifyPackageA", || {
        // SAFETY: what the header says of the parameters.
        unsafe { identify(pInput, PackageInfo.cast(), StringForm::Narrow) }
    })
}

/// # Safety
/// As [`SaslIdentifyPackageW`].
unsafe fn identify(
    input: *const SecBufferDesc,
    info: *mut *mut c_void,
    form: StringForm,
) -> Result<()> {
    pointer::required(info)?;
    // SAFETY: NULL or a descriptor of buffers (the caller's promise).
    let slots = unsafe { BufferSlots::of(input) }?;
    let (copies, mut views) = (Copies::none(), InputViews::new());
    // SAFETY: the buffers can be read (the caller's promise), and this call writes none of them.
    let inputs = unsafe { views.fill(slots, &copies) }?;
    let first = inputs.0.first().map(|buffer| buffer.data);
    let token = inputs.first(buffer_type::TOKEN).or(first);
    let package = packages().identify(token.unwrap_or_default())?;
    // SAFETY: writable (the caller's promise).
    unsafe { write_info(info, package, form) }
}

/// Sets an option of a context that a Sasl function made; effective for the steps that follow.
///
/// * `ContextHandle`: the context.
/// * `Option`: SASL_OPTION_SEND_SIZE 1, SASL_OPTION_RECV_SIZE 2, SASL_OPTION_AUTHZ_STRING 3,
///   SASL_OPTION_AUTHZ_PROCESSING 4.
/// * `Value`: the value: a ULONG, for AUTHZ_STRING bytes without terminator. Copied.
/// * `Size`: its length in bytes.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for a NULL `Value` with a `Size`;
/// SEC_E_INVALID_HANDLE, also for contexts that no Sasl function made; SEC_E_BUFFER_TOO_SMALL for
/// less than a ULONG; SEC_E_UNSUPPORTED_FUNCTION for other options and values, and for
/// AUTHZ_STRING while authorization identities are forbidden.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SaslSetContextOption(
    ContextHandle: *mut CtxtHandle,
    Option: ULONG,
    Value: *mut c_void,
    Size: ULONG,
) -> SECURITY_STATUS {
    pass_through!(Context(ContextHandle) => SaslSetContextOption(ContextHandle, Option, Value, Size));
    guard("SaslSetContextOption", || {
        let size = usize::try_from(Size).unwrap_or(usize::MAX);
        // SAFETY: what the header says of the parameters.
        let value = unsafe { pointer::bytes(Value.cast(), size, Status::INVALID_PARAMETER) }?;
        // SAFETY: what the header says of the parameter.
        unsafe { session(ContextHandle) }?.set_option(OptionId(Option), value)
    })
}

/// Reads an option of a context that a Sasl function made.
///
/// * `ContextHandle`: the context.
/// * `Option`: as for SaslSetContextOption.
/// * `Value`: receives the value; of a server's AUTHZ_STRING: what the client sent. NULL with
///   `Size` 0 asks for the length.
/// * `Size`: bytes at `Value`.
/// * `Needed`: receives the value's length in bytes, after SEC_E_OK and SEC_E_BUFFER_TOO_SMALL;
///   may be NULL.
///
/// Returns as SaslSetContextOption; SEC_E_BUFFER_TOO_SMALL when the value is longer than `Size`,
/// of which then nothing is written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SaslGetContextOption(
    ContextHandle: *mut CtxtHandle,
    Option: ULONG,
    Value: *mut c_void,
    Size: ULONG,
    Needed: *mut ULONG,
) -> SECURITY_STATUS {
    pass_through!(Context(ContextHandle) => SaslGetContextOption(ContextHandle, Option, Value, Size, Needed)
    );
    guard("SaslGetContextOption", || {
        let room = usize::try_from(Size).unwrap_or(usize::MAX);
        if room > 0 {
            pointer::check_range(Value.cast(), room, Status::INVALID_PARAMETER)?;
        }
        // SAFETY: what the header says of the parameter.
        let value = unsafe { session(ContextHandle) }?.option(OptionId(Option))?;
        let bytes = match value {
            OptionValue::Number(number) => number.to_ne_bytes().to_vec(),
            OptionValue::Bytes(bytes) => bytes,
        };
        // SAFETY: what the header says of the parameter.
        unsafe { pointer::write(Needed, buffers::count(bytes.len())) };
        if bytes.len() > room {
            let reason = "SASL option: the value is longer than the caller's buffer";
            return Err(Error::new(Status::BUFFER_TOO_SMALL, reason));
        }
        if !bytes.is_empty() {
            // SAFETY: not longer than the `Size` bytes that the header says are at `Value`; the
            // bytes are ours, so that the two do not overlap.
            unsafe { Value.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        }
        Ok(())
    })
}
