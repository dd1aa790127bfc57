//! A program's own accounts: `pGetKeyFn` as a source. Its contract is the documentation of
//! `AcquireCredentialsHandleW`.

use std::ffi::c_void;

use crate::accounts::scram::{self, Hash, Known};
use crate::accounts::{Account, Algorithm, Source, Stored, Unavailable};
use crate::error::Status;
use crate::ffi::abi::identity::{
    SEC_WINNT_AUTH_IDENTITY_A, SEC_WINNT_AUTH_IDENTITY_ANSI, SEC_WINNT_AUTH_IDENTITY_UNICODE,
    SEC_WINNT_AUTH_IDENTITY_W,
};
use crate::ffi::abi::types::{SEC_GET_KEY_FN, SECURITY_STATUS, SecBuffer, ULONG};
use crate::ffi::caller::string::{self, StringForm};
use crate::secret::Secret;
use crate::sspi::buffer_type;

/// Bytes that an answer may have.
const CAPACITY: usize = 1024;

type AccountFunction = unsafe extern "system-unwind" fn(
    *mut c_void,
    *mut c_void,
    ULONG,
    *mut *mut c_void,
    *mut SECURITY_STATUS,
);

/// A program's function and the argument it wants.
pub(crate) struct KeyFunction {
    function: AccountFunction,
    argument: *mut c_void,
    form: StringForm,
}

// SAFETY: the header tells programs that the function is called, with the argument, by any thread.
unsafe impl Send for KeyFunction {}

// SAFETY: the header tells programs that the function is called by several threads at once.
unsafe impl Sync for KeyFunction {}

/// What the program left behind.
struct KeyAnswer {
    status: u32,
    kind: u32,
    length: usize,
    bytes: Secret<[u8; CAPACITY]>,
}

impl KeyFunction {
    /// `None` without a function.
    pub(crate) fn new(
        function: SEC_GET_KEY_FN,
        argument: *mut c_void,
        form: StringForm,
    ) -> Option<Self> {
        function.map(|function| Self { function, argument, form })
    }

    fn ask(&self, account: &Account<'_>, version: ULONG) -> Result<KeyAnswer, Unavailable> {
        let user = string::from_utf8_or_latin1(account.user);
        let realm = string::from_utf8_or_latin1(account.realm);
        match self.form {
            StringForm::Wide => {
                let (mut user, mut realm) = (terminated_wide(&user), terminated_wide(&realm));
                let mut principal = SEC_WINNT_AUTH_IDENTITY_W {
                    User: user.as_mut_ptr(),
                    UserLength: characters(&user),
                    Domain: realm.as_mut_ptr(),
                    DomainLength: characters(&realm),
                    Password: std::ptr::null_mut(),
                    PasswordLength: 0,
                    Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
                };
                // SAFETY: the principal and its strings live until the call has returned.
                unsafe { self.call((&raw mut principal).cast(), version) }
            }
            StringForm::Narrow => {
                let (mut user, mut realm) =
                    (StringForm::Narrow.bytes(&user), StringForm::Narrow.bytes(&realm));
                let mut principal = SEC_WINNT_AUTH_IDENTITY_A {
                    User: user.as_mut_ptr(),
                    UserLength: characters(&user),
                    Domain: realm.as_mut_ptr(),
                    DomainLength: characters(&realm),
                    Password: std::ptr::null_mut(),
                    PasswordLength: 0,
                    Flags: SEC_WINNT_AUTH_IDENTITY_ANSI,
                };
                // SAFETY: the principal and its strings live until the call has returned.
                unsafe { self.call((&raw mut principal).cast(), version) }
            }
        }
    }

    /// # Safety
    /// `principal` points to the structure that the contract promises the program.
    unsafe fn call(
        &self,
        principal: *mut c_void,
        version: ULONG,
    ) -> Result<KeyAnswer, Unavailable> {
        let mut bytes = Secret::new([0; CAPACITY]);
        let memory = bytes.expose_mut().as_mut_ptr().cast::<c_void>();
        let mut buffer = SecBuffer {
            cbBuffer: ULONG::try_from(CAPACITY).unwrap_or(0),
            BufferType: buffer_type::EMPTY,
            pvBuffer: memory,
        };
        let place = (&raw mut buffer).cast::<c_void>();
        let mut key = place;
        let mut status = Status::INTERNAL_ERROR.code().cast_signed();
        // SAFETY: the function is the program's word, and all it may write lives until it returns.
        unsafe {
            (self.function)(self.argument, principal, version, &raw mut key, &raw mut status);
        };
        if key != place || buffer.pvBuffer != memory {
            return Err(unavailable("it replaced a pointer of the library's"));
        }
        let length = usize::try_from(buffer.cbBuffer).unwrap_or(usize::MAX);
        Ok(KeyAnswer { status: status.cast_unsigned(), kind: buffer.BufferType, length, bytes })
    }

    /// The answer's kind and bytes; `None` for "no such user".
    fn read(answer: &KeyAnswer) -> Result<Option<(u32, &[u8])>, Unavailable> {
        match Status::from(answer.status) {
            Status::OK => (),
            Status::NO_CREDENTIALS | Status::LOGON_DENIED | Status::UNKNOWN_CREDENTIALS => {
                return Ok(None);
            }
            other => return Err(Unavailable(format!("account function: it returned {other}"))),
        }
        let bytes = answer.bytes.expose().get(..answer.length);
        match answer.kind {
            buffer_type::EMPTY => Ok(None),
            buffer_type::DATA | buffer_type::TOKEN => {
                let bytes =
                    bytes.ok_or_else(|| unavailable("its answer is longer than the memory"));
                bytes.map(|bytes| Some((answer.kind, bytes)))
            }
            _ => Err(unavailable("its answer is neither SECBUFFER_DATA nor SECBUFFER_TOKEN")),
        }
    }

    fn password(&self, bytes: &[u8]) -> Result<Secret<String>, Unavailable> {
        let password = match self.form {
            StringForm::Narrow => {
                Secret::new(string::from_narrow(bytes.strip_suffix(&[0]).unwrap_or(bytes)))
            }
            StringForm::Wide => {
                if !bytes.len().is_multiple_of(2) {
                    return Err(unavailable("its password ends in half a UTF-16 character"));
                }
                let bytes = bytes.strip_suffix(&[0, 0]).unwrap_or(bytes);
                let start = bytes.as_ptr().cast::<c_void>().cast::<u16>();
                // SAFETY: half as many units as bytes, which need no alignment.
                let string = unsafe { string::wide_counted(start, bytes.len() / 2) };
                let string = string.map_err(|_| unavailable("its password is not UTF-16"))?;
                Secret::new(string.unwrap_or_default())
            }
        };
        Ok(password)
    }
}

impl Source for KeyFunction {
    fn find(
        &self,
        account: &Account<'_>,
        algorithm: Algorithm,
    ) -> Result<Option<Stored>, Unavailable> {
        let answer = self.ask(account, version(algorithm))?;
        Ok(match Self::read(&answer)? {
            None => None,
            Some((buffer_type::DATA, bytes)) => Some(Stored::Password(self.password(bytes)?)),
            Some((_, bytes)) => Some(Stored::Hash(hash(bytes, algorithm)?)),
        })
    }

    fn find_scram(&self, user: &[u8], hash: Hash) -> Result<Option<Known>, Unavailable> {
        let answer = self.ask(&Account { user, realm: b"" }, version_of_scram(hash))?;
        Ok(match Self::read(&answer)? {
            None => None,
            Some((buffer_type::DATA, bytes)) => Some(Known::Password(self.password(bytes)?)),
            Some((_, bytes)) => {
                let keys = scram::read(bytes.strip_suffix(&[0]).unwrap_or(bytes), hash);
                Some(Known::Keys(keys.map_err(|refused| refused.unavailable("account function"))?))
            }
        })
    }

    fn takes_empty_names(&self) -> bool {
        true
    }

    fn tells_passwords(&self) -> bool {
        true
    }

    /// Each credential has a function of its own in here, and the program may have one for all.
    fn identity(&self) -> Option<[usize; 3]> {
        let wide = matches!(self.form, StringForm::Wide);
        Some([self.function as usize, self.argument.addr(), wide.into()])
    }
}

/// `KeyVer` of the contract: which hash is wanted where the answer is one.
const fn version(algorithm: Algorithm) -> ULONG {
    match algorithm {
        Algorithm::Md5 => 0,
        Algorithm::Sha256 => 1,
        Algorithm::Sha512_256 => 2,
    }
}

/// The same for keys of SCRAM: the bits of the hash.
const fn version_of_scram(hash: Hash) -> ULONG {
    match hash {
        Hash::Sha1 => 160,
        Hash::Sha256 => 256,
        Hash::Sha512 => 512,
    }
}

fn hash(bytes: &[u8], algorithm: Algorithm) -> Result<Secret<[u8; 32]>, Unavailable> {
    let expected = if algorithm == Algorithm::Md5 { 16 } else { 32 };
    if bytes.len() != expected {
        let length = bytes.len();
        let reason = format!("its hash has {length} bytes, and one of {expected} is wanted");
        return Err(unavailable(&reason));
    }
    let mut hash = Secret::new([0; 32]);
    hash.expose_mut().iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Ok(hash)
}

fn unavailable(reason: &str) -> Unavailable {
    Unavailable(format!("account function: {reason}"))
}

fn terminated_wide(string: &str) -> Vec<u16> {
    let mut units = string::to_wide(string);
    units.push(0);
    units
}

/// Characters before the terminator.
fn characters<T>(terminated: &[T]) -> ULONG {
    ULONG::try_from(terminated.len().saturating_sub(1)).unwrap_or(ULONG::MAX)
}

#[cfg(test)]
mod tests;
