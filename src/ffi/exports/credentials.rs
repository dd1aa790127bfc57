//! Credentials: acquired, asked about, freed.

use std::ffi::c_void;

use crate::error::{Error, Result, Status};
use crate::ffi::abi::types::{
    CredHandle, SEC_CHAR, SEC_GET_KEY_FN, SEC_WCHAR, SECURITY_STATUS, SecPkgCredentials_NamesW,
    TimeStamp, ULONG,
};
use crate::ffi::acquire::{Acquisition, acquire};
use crate::ffi::caller::pointer;
use crate::ffi::caller::string::{CallerString, StringForm};
use crate::ffi::guard::{guard, guard_end};
use crate::ffi::passthrough::pass_through;
use crate::ffi::pending_first_steps as pending;
use crate::ffi::tables::CREDENTIALS;

/// `SECPKG_CRED_ATTR_NAMES`.
const ATTRIBUTE_NAMES: u32 = 1;

/// `SECUR32_CRED_ATTR_LOGINS`, which Windows does not have.
const ATTRIBUTE_LOGINS: u32 = 0x5333_0001;

/// `Secur32Credentials_Logins`, which is the same on Windows and so stands in def/header/lacking.h.
type LoginCounts = [u64; 2];

/// Acquires a credential: what accept calls (INBOUND) or initialize calls (OUTBOUND) are made with.
///
/// * `pszPrincipal`: whom the credential speaks for; NULL for the process's user. Not used beside
///   `pAuthData`. An INBOUND one of Kerberos or Negotiate has the machine's keytab, for service/host,
///   service@host or a whole principal, or for all that is in it. An OUTBOUND one has the credential
///   cache, and stays who that was for when it was acquired (or, where there was no cache, when it was
///   first used): while the cache has nobody's tickets, or somebody else's, first steps fail with
///   SEC_E_NO_CREDENTIALS.
/// * `pszPackage`: the package's name without regard to case, for example WDigest.
/// * `fCredentialUse`: SECPKG_CRED_INBOUND, SECPKG_CRED_OUTBOUND or SECPKG_CRED_BOTH. Bits above
///   those four are ignored.
/// * `pvLogonID`: NULL.
/// * `pAuthData`: OUTBOUND: a SEC_WINNT_AUTH_IDENTITY structure, whose encoding its own Flags say;
///   NULL for the process's user, who has no password here. Copied; may be freed at once. Its lengths
///   count no terminators. A package list decides in every package and for both
///   directions: where it excludes the package (!name), or names others only, the first step fails with
///   SEC_E_NO_CREDENTIALS. Negotiate goes by Kerberos' name too.
/// * `pGetKeyFn`: INBOUND: NULL, so that accounts come from the configured file, or a function
///   that is asked for them; see below.
/// * `pvGetKeyArgument`: passed to `pGetKeyFn` as `Arg`. Used as long as the credential, or a
///   context made with it, exists.
/// * `phCredential`: receives the handle, to free with FreeCredentialsHandle.
/// * `ptsExpiry`: receives the end of the credential; may be NULL.
///
/// Returns SEC_E_OK; SEC_E_INVALID_HANDLE when `phCredential` is NULL; SEC_E_SECPKG_NOT_FOUND for
/// a package that is missing or unknown; SEC_E_UNKNOWN_CREDENTIALS for another `fCredentialUse`, or
/// an identity that is not well formed, such as one whose lengths count terminators;
/// SEC_E_NOT_OWNER for a `pvLogonID`; SEC_E_NO_CREDENTIALS; SEC_E_INTERNAL_ERROR when the
/// configuration is wrong; SEC_E_INSUFFICIENT_MEMORY. On failure nothing is written.
///
/// The account function: void (SEC_ENTRY *)(void *Arg, void *Principal, ULONG KeyVer,
/// void **Key, SECURITY_STATUS *Status).
///
/// It is called for each response to verify, once for each way to read the names in it (there are at
/// most four), on the thread that accepts and by several threads at once; no lock is held, so it may
/// call this library. C++ exceptions must not leave it.
///
/// * `Arg`: `pvGetKeyArgument`.
/// * `Principal`: a SEC_WINNT_AUTH_IDENTITY_W (from AcquireCredentialsHandleA:
///   SEC_WINNT_AUTH_IDENTITY_A, which is UTF-8 outside of Windows) with the user's name in User
///   and the realm in Domain, both also terminated, and Password NULL. Names that are not UTF-8 are
///   read as ISO 8859-1. A realm that is not let in is asked for as well, for its time, and refused
///   whatever is answered. Not to be written; valid during the call.
/// * `KeyVer`: which hash the response was made with: 0 for MD5, 1 for SHA-256, 2 for SHA-512/256 (the
///   last two over HTTP alone, where `http_algorithms` offers them). In SCRAM, whose packages ask once,
///   when the client's first message arrives, and with an empty Domain: 160 for SCRAM-SHA-1, 256 for
///   SCRAM-SHA-256, 512 for SCRAM-SHA-512, with or without -PLUS.
/// * `Key`: on entry *Key points to a SecBuffer of the library's: pvBuffer is zeroed memory,
///   cbBuffer its size, 1024, and BufferType SECBUFFER_EMPTY. The function writes its answer into
///   that memory and sets cbBuffer to the answer's length in bytes and BufferType to its kind:
///   SECBUFFER_DATA for the password (UTF-16; ANSI from AcquireCredentialsHandleA; not terminated,
///   though one terminator is tolerated), or SECBUFFER_TOKEN for that hash of
///   user:realm:password: 16 bytes of MD5, 32 of the others. In SCRAM a SECBUFFER_TOKEN is the stored keys in ASCII,
///   "SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey" or
///   "{SCRAM-SHA-256}iterations,salt,StoredKey,ServerKey" (salt and keys in base64), of the mechanism
///   that KeyVer says, one terminator tolerated; or up to four such lines with LF between, of one salt and
///   count, for the spellings of a password beyond ASCII. Both pointers stay as they are: there is nothing to allocate or to
///   free. The library wipes the memory afterwards.
/// * `Status`: SEC_E_INTERNAL_ERROR on entry; set to SEC_E_OK with the answer.
///
/// "No such user" is SEC_E_OK with BufferType left SECBUFFER_EMPTY, or one of SEC_E_NO_CREDENTIALS,
/// SEC_E_LOGON_DENIED and SEC_E_UNKNOWN_CREDENTIALS: the client is then refused as for a wrong
/// password. Everything else (another status, one not set, a pointer replaced, a length beyond the
/// memory, another kind, a hash whose length is not that of the one asked for, keys of another mechanism or
/// not well formed, half a UTF-16 character)
/// means that the accounts could not be asked: accepting fails with
/// SEC_E_NO_AUTHENTICATING_AUTHORITY. A program that has no hash of the kind asked for, but one of
/// another kind, says "no such user".
#[unsafe(no_mangle)]
pub unsafe extern "system" fn AcquireCredentialsHandleW(
    pszPrincipal: *mut SEC_WCHAR,
    pszPackage: *mut SEC_WCHAR,
    fCredentialUse: ULONG,
    pvLogonID: *mut c_void,
    pAuthData: *mut c_void,
    pGetKeyFn: SEC_GET_KEY_FN,
    pvGetKeyArgument: *mut c_void,
    phCredential: *mut CredHandle,
    ptsExpiry: *mut TimeStamp,
) -> SECURITY_STATUS {
    pass_through!(AcquiredCredential(CallerString::Wide(pszPackage), phCredential)
            => AcquireCredentialsHandleW(
                pszPrincipal, pszPackage, fCredentialUse, pvLogonID, pAuthData, pGetKeyFn,
                pvGetKeyArgument, phCredential, ptsExpiry
            )
    );
    guard("AcquireCredentialsHandleW", || {
        let call = Acquisition {
            form: StringForm::Wide,
            principal: CallerString::Wide(pszPrincipal),
            package: CallerString::Wide(pszPackage),
            usage: fCredentialUse,
            logon: pvLogonID,
            identity: pAuthData,
            key_function: pGetKeyFn,
            key_argument: pvGetKeyArgument,
            handle: phCredential,
            expiry: ptsExpiry,
        };
        // SAFETY: what the header says of the parameters.
        unsafe { acquire(&call) }
    })
}

/// As AcquireCredentialsHandleW, with ANSI names. The encoding of `pAuthData` is what its Flags
/// say, here too.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn AcquireCredentialsHandleA(
    pszPrincipal: *mut SEC_CHAR,
    pszPackage: *mut SEC_CHAR,
    fCredentialUse: ULONG,
    pvLogonID: *mut c_void,
    pAuthData: *mut c_void,
    pGetKeyFn: SEC_GET_KEY_FN,
    pvGetKeyArgument: *mut c_void,
    phCredential: *mut CredHandle,
    ptsExpiry: *mut TimeStamp,
) -> SECURITY_STATUS {
    pass_through!(AcquiredCredential(CallerString::Narrow(pszPackage), phCredential)
            => AcquireCredentialsHandleA(
                pszPrincipal, pszPackage, fCredentialUse, pvLogonID, pAuthData, pGetKeyFn,
                pvGetKeyArgument, phCredential, ptsExpiry
            )
    );
    guard("AcquireCredentialsHandleA", || {
        let call = Acquisition {
            form: StringForm::Narrow,
            principal: CallerString::Narrow(pszPrincipal),
            package: CallerString::Narrow(pszPackage),
            usage: fCredentialUse,
            logon: pvLogonID,
            identity: pAuthData,
            key_function: pGetKeyFn,
            key_argument: pvGetKeyArgument,
            handle: phCredential,
            expiry: ptsExpiry,
        };
        // SAFETY: what the header says of the parameters.
        unsafe { acquire(&call) }
    })
}

/// Frees a credential. Contexts made with it go on.
///
/// * `phCredential`: the credential; its words are left as they are.
///
/// Returns SEC_E_OK; SEC_E_INVALID_HANDLE for a handle that is none, or was freed before.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FreeCredentialsHandle(
    phCredential: *mut CredHandle,
) -> SECURITY_STATUS {
    pass_through!(FreedCredential(phCredential) => FreeCredentialsHandle(phCredential));
    guard_end("FreeCredentialsHandle", || {
        // SAFETY: what the header says of the parameter.
        let handle = unsafe { pointer::handle(phCredential) }?;
        #[cfg(windows)]
        if crate::ffi::passthrough::route::free_later(phCredential) {
            pending::forget(handle);
            return Ok(());
        }
        CREDENTIALS.remove(handle)?;
        pending::forget(handle);
        Ok(())
    })
}

/// Would add credentials of another package to a handle, which no package here takes.
///
/// Returns SEC_E_INVALID_HANDLE; otherwise SEC_E_UNSUPPORTED_FUNCTION.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn AddCredentialsW(
    hCredentials: *mut CredHandle,
    pszPrincipal: *mut SEC_WCHAR,
    pszPackage: *mut SEC_WCHAR,
    fCredentialUse: ULONG,
    pAuthData: *mut c_void,
    pGetKeyFn: SEC_GET_KEY_FN,
    pvGetKeyArgument: *mut c_void,
    ptsExpiry: *mut TimeStamp,
) -> SECURITY_STATUS {
    pass_through!(Credential(hCredentials)
            => AddCredentialsW(
                hCredentials, pszPrincipal, pszPackage, fCredentialUse, pAuthData, pGetKeyFn,
                pvGetKeyArgument, ptsExpiry
            )
    );
    let _ = (pszPrincipal, pszPackage, fCredentialUse, pAuthData, pGetKeyFn);
    let _ = (pvGetKeyArgument, ptsExpiry);
    // SAFETY: what the header says of the parameter.
    guard("AddCredentialsW", || unsafe { unsupported(hCredentials) })
}

/// As AddCredentialsW.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn AddCredentialsA(
    hCredentials: *mut CredHandle,
    pszPrincipal: *mut SEC_CHAR,
    pszPackage: *mut SEC_CHAR,
    fCredentialUse: ULONG,
    pAuthData: *mut c_void,
    pGetKeyFn: SEC_GET_KEY_FN,
    pvGetKeyArgument: *mut c_void,
    ptsExpiry: *mut TimeStamp,
) -> SECURITY_STATUS {
    pass_through!(Credential(hCredentials)
            => AddCredentialsA(
                hCredentials, pszPrincipal, pszPackage, fCredentialUse, pAuthData, pGetKeyFn,
                pvGetKeyArgument, ptsExpiry
            )
    );
    let _ = (pszPrincipal, pszPackage, fCredentialUse, pAuthData, pGetKeyFn);
    let _ = (pvGetKeyArgument, ptsExpiry);
    // SAFETY: what the header says of the parameter.
    guard("AddCredentialsA", || unsafe { unsupported(hCredentials) })
}

/// Answers SECPKG_CRED_ATTR_NAMES, 1: whom the credential speaks for; and SECUR32_CRED_ATTR_LOGINS, this
/// library's own: how many exchanges of the credential's package have succeeded in this process, by
/// whichever credential.
///
/// * `phCredential`: the credential.
/// * `ulAttribute`: the attribute.
/// * `pBuffer`: a SecPkgCredentials_Names, whose sUserName receives memory to free with
///   FreeContextBuffer; or a Secur32Credentials_Logins, which counts the calls of accepting functions and
///   of initializing ones that returned SEC_E_OK (or SEC_I_COMPLETE_NEEDED). Of HTTP these are the
///   sessions, and not their subsequent requests.
///
/// Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `pBuffer` is NULL; SEC_E_INVALID_HANDLE;
/// SEC_E_UNSUPPORTED_FUNCTION for other attributes; SEC_E_INSUFFICIENT_MEMORY. On failure nothing
/// is written.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn QueryCredentialsAttributesW(
    phCredential: *mut CredHandle,
    ulAttribute: ULONG,
    pBuffer: *mut c_void,
) -> SECURITY_STATUS {
    pass_through!(Credential(phCredential) => QueryCredentialsAttributesW(phCredential, ulAttribute, pBuffer)
    );
    guard("QueryCredentialsAttributesW", || {
        // SAFETY: what the header says of the parameters.
        unsafe { query(phCredential, ulAttribute, pBuffer, None, StringForm::Wide) }
    })
}

/// As QueryCredentialsAttributesW, with ANSI strings.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn QueryCredentialsAttributesA(
    phCredential: *mut CredHandle,
    ulAttribute: ULONG,
    pBuffer: *mut c_void,
) -> SECURITY_STATUS {
    pass_through!(Credential(phCredential) => QueryCredentialsAttributesA(phCredential, ulAttribute, pBuffer)
    );
    guard("QueryCredentialsAttributesA", || {
        // SAFETY: what the header says of the parameters.
        unsafe { query(phCredential, ulAttribute, pBuffer, None, StringForm::Narrow) }
    })
}

/// As QueryCredentialsAttributesW; SEC_E_BUFFER_TOO_SMALL when the `cbBuffer` bytes at `pBuffer`
/// are fewer than the structure has.
#[cfg_attr(not(windows), unsafe(no_mangle))]
pub unsafe extern "system" fn QueryCredentialsAttributesExW(
    phCredential: *mut CredHandle,
    ulAttribute: ULONG,
    pBuffer: *mut c_void,
    cbBuffer: ULONG,
) -> SECURITY_STATUS {
    // The plain function by another name: of the system's, only that one is exported.
    pass_through!(Credential(phCredential) => QueryCredentialsAttributesW(phCredential, ulAttribute, pBuffer));
    guard("QueryCredentialsAttributesExW", || {
        // SAFETY: what the header says of the parameters.
        unsafe { query(phCredential, ulAttribute, pBuffer, Some(cbBuffer), StringForm::Wide) }
    })
}

/// As QueryCredentialsAttributesExW, with ANSI strings.
#[cfg_attr(not(windows), unsafe(no_mangle))]
pub unsafe extern "system" fn QueryCredentialsAttributesExA(
    phCredential: *mut CredHandle,
    ulAttribute: ULONG,
    pBuffer: *mut c_void,
    cbBuffer: ULONG,
) -> SECURITY_STATUS {
    // The plain function by another name: of the system's, only that one is exported.
    pass_through!(Credential(phCredential) => QueryCredentialsAttributesA(phCredential, ulAttribute, pBuffer));
    guard("QueryCredentialsAttributesExA", || {
        // SAFETY: what the header says of the parameters.
        unsafe { query(phCredential, ulAttribute, pBuffer, Some(cbBuffer), StringForm::Narrow) }
    })
}

/// # Safety
/// As [`QueryCredentialsAttributesW`].
unsafe fn query(
    credential: *const CredHandle,
    attribute: u32,
    answer: *mut c_void,
    size: Option<u32>,
    form: StringForm,
) -> Result<()> {
    // SAFETY: NULL or a handle that can be read (the caller's promise).
    let entry = CREDENTIALS.get(unsafe { pointer::handle(credential) }?)?;
    pointer::required(answer)?;
    if attribute == ATTRIBUTE_LOGINS {
        pointer::sized::<LoginCounts>(size)?;
        let counts: LoginCounts = entry.0.package().logins().counts();
        // SAFETY: NULL or writable (the caller's promise).
        unsafe { pointer::write(answer.cast(), counts) };
        return Ok(());
    }
    if attribute != ATTRIBUTE_NAMES {
        let reason = "credential: no such attribute";
        return Err(Error::new(Status::UNSUPPORTED_FUNCTION, reason));
    }
    pointer::sized::<SecPkgCredentials_NamesW>(size)?;
    let name = form.exact_block(&entry.0.name())?;
    // The A and W structures hold one pointer each, in the same place.
    let names = SecPkgCredentials_NamesW { sUserName: name.release().cast() };
    // SAFETY: NULL or writable (the caller's promise).
    unsafe { pointer::write(answer.cast(), names) };
    Ok(())
}

/// Would set an attribute of a credential, which no package here takes.
///
/// Returns SEC_E_INVALID_HANDLE; otherwise SEC_E_UNSUPPORTED_FUNCTION.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SetCredentialsAttributesW(
    phCredential: *mut CredHandle,
    ulAttribute: ULONG,
    pBuffer: *mut c_void,
    cbBuffer: ULONG,
) -> SECURITY_STATUS {
    pass_through!(Credential(phCredential)
            => SetCredentialsAttributesW(phCredential, ulAttribute, pBuffer, cbBuffer)
    );
    let _ = (ulAttribute, pBuffer, cbBuffer);
    // SAFETY: what the header says of the parameter.
    guard("SetCredentialsAttributesW", || unsafe { unsupported(phCredential) })
}

/// As SetCredentialsAttributesW.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn SetCredentialsAttributesA(
    phCredential: *mut CredHandle,
    ulAttribute: ULONG,
    pBuffer: *mut c_void,
    cbBuffer: ULONG,
) -> SECURITY_STATUS {
    pass_through!(Credential(phCredential)
            => SetCredentialsAttributesA(phCredential, ulAttribute, pBuffer, cbBuffer)
    );
    let _ = (ulAttribute, pBuffer, cbBuffer);
    // SAFETY: what the header says of the parameter.
    guard("SetCredentialsAttributesA", || unsafe { unsupported(phCredential) })
}

/// Refuses what no package does, after the handle was found good.
///
/// # Safety
/// Not NULL, `credential` can be read.
unsafe fn unsupported(credential: *const CredHandle) -> Result<()> {
    // SAFETY: NULL or a handle that can be read (the caller's promise).
    CREDENTIALS.get(unsafe { pointer::handle(credential) }?)?;
    Err(Error::new(Status::UNSUPPORTED_FUNCTION, "credential: not a function of this package"))
}
