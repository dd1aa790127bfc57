//! The configurations that targets run with: files in a directory of this process, each read once
//! into a credential of a server and the credentials of clients.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CString, c_void};
use std::hash::Hash;
use std::path::PathBuf;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::LocalKey;

use crate::abi::{self, SecHandle};
use crate::people;

/// What a server's file says beside its accounts.
pub struct Setup {
    pub text: &'static str,
    /// The ciphers, in the order of the offer.
    pub ciphers: &'static [&'static str],
    /// The algorithms of HTTP.
    pub algorithms: &'static [&'static str],
    pub info: bool,
    pub opaque: bool,
}

const ALL_CIPHERS: &[&str] = &["3des", "des", "rc4", "rc4-56", "rc4-40"];

pub static SETUPS: &[Setup] = &[
    Setup {
        // Windows' defaults.
        text: "http_algorithms = [\"MD5-sess\"]\nhttp_nonce_count = \"strict\"\n",
        ciphers: &["3des", "rc4"],
        algorithms: &["MD5-sess"],
        info: false,
        opaque: false,
    },
    Setup {
        text: "maxbuf = 4096\nhttp_nonce_count = \"window\"\nhttp_algorithms = [\"SHA-256\", \"MD5\", \"MD5-sess\"]\n\
               http_opaque = 1\nhttp_authentication_info = \"rspauth\"\n[WDigest]\n\
               DigestEncryptionAlgorithms = \"3des,des,rc4,rc4-56,rc4-40\"\n",
        ciphers: ALL_CIPHERS,
        algorithms: &["SHA-256", "MD5", "MD5-sess"],
        info: true,
        opaque: true,
    },
    Setup {
        text: "http_algorithms = [\"SHA-512-256\", \"SHA-256-sess\"]\nhttp_nonce_count = \
               \"window\"\nhttp_userhash = 1\n[WDigest]\nDigestEncryptionAlgorithms = \"rc4\"\n",
        ciphers: &["rc4"],
        algorithms: &["SHA-512-256", "SHA-256-sess"],
        info: false,
        opaque: false,
    },
    Setup {
        text: "http_algorithms = [\"MD5\"]\nhttp_authentication_info = \"nextnonce\"\n[WDigest]\n\
               UTF8SASL = 0\nUTF8HTTP = 0\nDigestEncryptionAlgorithms = \"rc4-40,des\"\n",
        ciphers: &["rc4-40", "des"],
        algorithms: &["MD5"],
        info: true,
        opaque: false,
    },
    Setup {
        text: "http_algorithms = [\"SHA-512-256-sess\", \"MD5\"]\nhttp_check_uri = 1\n[WDigest]\n\
               DigestEncryptionAlgorithms = \"rc4-56\"\n",
        ciphers: &["rc4-56"],
        algorithms: &["SHA-512-256-sess", "MD5"],
        info: false,
        opaque: false,
    },
    Setup {
        text: "http_algorithms = [\"MD5-sess\", \"MD5\"]\nhttp_authentication_info = \"nextnonce\"\n\
               http_opaque = 1\n[WDigest]\nDigestEncryptionAlgorithms = \"des,3des\"\n",
        ciphers: &["des", "3des"],
        algorithms: &["MD5-sess", "MD5"],
        info: true,
        opaque: true,
    },
];

/// A directory of this process, in memory where the machine has such.
pub fn directory() -> PathBuf {
    let base = PathBuf::from("/dev/shm");
    let base = if base.is_dir() { base } else { std::env::temp_dir() };
    let path = base.join(format!("secur32-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Makes this the configuration that is read next. The environment is this thread's until the guard
/// goes.
pub fn configure(name: &str, text: &[u8]) -> MutexGuard<'static, ()> {
    static ENVIRONMENT: Mutex<()> = Mutex::new(());
    let guard = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let path = directory().join(name);
    std::fs::write(&path, text).unwrap();
    // SAFETY: nothing else of this process reads the environment but the library, under this guard.
    unsafe {
        std::env::set_var("SECUR32_CONFIG", &path);
        for other in ["SECUR32_ACCOUNTS", "SECUR32_REALM", "SECUR32_LOG"] {
            std::env::remove_var(other);
        }
    }
    guard
}

/// Acquires a credential of a package; the status where there is none.
pub fn acquire(
    package: &str,
    usage: u32,
    identity: *mut c_void,
    get_key: Option<abi::GetKey>,
) -> Result<SecHandle, i32> {
    let package = CString::new(package).unwrap();
    let mut credential = SecHandle::UNTOUCHED;
    // SAFETY: every pointer is to memory of the documented type, or NULL where that is allowed.
    let status = unsafe {
        abi::AcquireCredentialsHandleA(
            ptr::null_mut(),
            package.as_ptr().cast_mut(),
            usage,
            ptr::null_mut(),
            identity,
            get_key,
            ptr::null_mut(),
            &mut credential,
            ptr::null_mut(),
        )
    };
    if status == abi::OK {
        return Ok(credential);
    }
    assert_eq!(credential, SecHandle::UNTOUCHED, "a failed call wrote a handle");
    Err(status)
}

pub fn free(mut credential: SecHandle) {
    // SAFETY: a handle of this crate's.
    assert_eq!(unsafe { abi::FreeCredentialsHandle(&mut credential) }, abi::OK);
}

fn server_text(setup: usize) -> String {
    let accounts = directory().join("accounts");
    std::fs::write(&accounts, people::htdigest()).unwrap();
    format!(
        "[server]\nrealm = \"{}\"\naccounts = \"{}\"\nsecret = \"sixteen bytes and more\"\n{}",
        people::REALM,
        accounts.display(),
        SETUPS[setup].text
    )
}

/// Credentials by what they were acquired for, kept as long as the process.
type Known<K> = Mutex<Option<HashMap<K, SecHandle>>>;

/// The credential of `key`. A thread asks for each once, and then goes by itself: a lock here would
/// order what the library does not.
fn known<K: Copy + Eq + Hash>(
    all: &'static Known<K>,
    own: &'static LocalKey<RefCell<HashMap<K, SecHandle>>>,
    key: K,
    acquire: impl FnOnce() -> SecHandle,
) -> SecHandle {
    own.with_borrow_mut(|own| {
        *own.entry(key).or_insert_with(|| {
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            *all.get_or_insert_default().entry(key).or_insert_with(acquire)
        })
    })
}

/// The server's credential of a setup, whose accounts are in the file or behind the callback.
pub fn server(setup: usize, callback: bool) -> SecHandle {
    static ALL: Known<(usize, bool)> = Mutex::new(None);
    thread_local! {
        static OWN: RefCell<HashMap<(usize, bool), SecHandle>> = RefCell::default();
    }
    known(&ALL, &OWN, (setup, callback), || {
        let _environment = configure("server.toml", server_text(setup).as_bytes());
        let get_key = callback.then_some(people::get_key as abi::GetKey);
        acquire("WDigest", abi::INBOUND, ptr::null_mut(), get_key).unwrap()
    })
}

/// Whom a client says it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Claimed {
    pub user: &'static str,
    pub domain: Option<&'static str>,
    pub password: &'static str,
}

/// A client's credential.
pub fn client(setup: usize, claimed: Claimed) -> SecHandle {
    static ALL: Known<(usize, Claimed)> = Mutex::new(None);
    thread_local! {
        static OWN: RefCell<HashMap<(usize, Claimed), SecHandle>> = RefCell::default();
    }
    known(&ALL, &OWN, (setup, claimed), || {
        let _environment = configure("client.toml", server_text(setup).as_bytes());
        let length = |text: &str| u32::try_from(text.len()).unwrap();
        let mut identity = abi::Identity {
            user: claimed.user.as_ptr().cast(),
            user_length: length(claimed.user),
            domain: claimed.domain.map_or(ptr::null(), |domain| domain.as_ptr().cast()),
            domain_length: claimed.domain.map_or(0, length),
            password: claimed.password.as_ptr().cast(),
            password_length: length(claimed.password),
            flags: abi::IDENTITY_ANSI,
        };
        acquire("WDigest", abi::OUTBOUND, (&raw mut identity).cast(), None).unwrap()
    })
}
