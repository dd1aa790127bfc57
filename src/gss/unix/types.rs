//! The C types and constants of GSSAPI (RFC 2744, and the IOV functions that MIT and Heimdal share).

use std::ffi::c_void;

/// `gss_name_t`, `gss_cred_id_t`, `gss_ctx_id_t`: opaque, null where there is none.
pub(super) type Handle = *mut c_void;

/// `gss_OID_desc`.
#[repr(C)]
pub(super) struct Oid {
    length: u32,
    elements: *const u8,
}

// SAFETY: an identifier of this library's is a constant that nobody writes.
unsafe impl Sync for Oid {}

impl Oid {
    const fn of(bytes: &'static [u8]) -> Self {
        #[allow(clippy::cast_possible_truncation)] // identifiers have some ten bytes
        Self { length: bytes.len() as u32, elements: bytes.as_ptr() }
    }

    /// The same identifier, to stand in a set.
    pub(super) const fn copy(&self) -> Self {
        Self { length: self.length, elements: self.elements }
    }

    /// Whether this is `other`'s identifier.
    ///
    /// # Safety
    /// Both point to as many bytes as they say.
    pub(super) unsafe fn is(&self, other: &Self) -> bool {
        // SAFETY: the caller's promise.
        let own = unsafe { bytes(self.elements, self.length as usize) };
        // SAFETY: the caller's promise.
        own == unsafe { bytes(other.elements, other.length as usize) }
    }
}

/// The bytes at `start`, none at a null pointer.
///
/// # Safety
/// `length` bytes can be read there as long as the slice lives.
pub(super) unsafe fn bytes<'a>(start: *const u8, length: usize) -> &'a [u8] {
    if start.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(start, length) }
}

/// Kerberos V5, 1.2.840.113554.1.2.2 (RFC 4121 §4).
pub(super) static KERBEROS: Oid = Oid::of(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2]);
/// SPNEGO, 1.3.6.1.5.5.2 (RFC 4178).
pub(super) static SPNEGO: Oid = Oid::of(&[0x2b, 6, 1, 5, 5, 2]);
/// `GSS_C_NT_HOSTBASED_SERVICE` (RFC 2743 §4.1): service@host.
pub(super) static SERVICE_NAME: Oid = Oid::of(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 1, 4]);
/// `GSS_KRB5_NT_PRINCIPAL_NAME` (RFC 1964 §2.1.1).
pub(super) static PRINCIPAL_NAME: Oid = Oid::of(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 1]);
/// `GSS_KRB5_CRED_NO_CI_FLAGS_X`.
pub(super) static NO_CI_FLAGS: Oid = Oid::of(&[0x2a, 0x85, 0x70, 0x2b, 0x0d, 0x1d]);
/// `GSS_C_INQ_SSPI_SESSION_KEY`.
pub(super) static SESSION_KEY: Oid = Oid::of(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 5, 5]);

/// `gss_OID_set_desc`.
#[repr(C)]
pub(super) struct OidSet {
    pub(super) count: usize,
    pub(super) elements: *const Oid,
}

/// `gss_buffer_desc`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Buffer {
    pub(super) length: usize,
    pub(super) value: *mut c_void,
}

impl Buffer {
    /// No bytes.
    pub(super) const EMPTY: Self = Self { length: 0, value: std::ptr::null_mut() };

    /// A buffer over `bytes`, for functions that only read it.
    pub(super) fn over(bytes: &[u8]) -> Self {
        Self { length: bytes.len(), value: bytes.as_ptr().cast_mut().cast() }
    }
}

/// `gss_buffer_set_desc`.
#[repr(C)]
pub(super) struct BufferSet {
    pub(super) count: usize,
    pub(super) elements: *const Buffer,
}

/// `gss_channel_bindings_struct`.
#[repr(C)]
pub(super) struct ChannelBindings {
    pub(super) initiator_type: u32,
    pub(super) initiator: Buffer,
    pub(super) acceptor_type: u32,
    pub(super) acceptor: Buffer,
    pub(super) application: Buffer,
}

/// `gss_iov_buffer_desc`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct IovBuffer {
    pub(super) kind: u32,
    pub(super) buffer: Buffer,
}

/// `GSS_IOV_BUFFER_TYPE_*`.
pub(super) mod iov {
    pub(in crate::gss::unix) const EMPTY: u32 = 0;
    pub(in crate::gss::unix) const DATA: u32 = 1;
    pub(in crate::gss::unix) const HEADER: u32 = 2;
    pub(in crate::gss::unix) const PADDING: u32 = 9;
    pub(in crate::gss::unix) const SIGN_ONLY: u32 = 11;
}

/// `GSS_C_*_FLAG`.
pub(super) mod flag {
    pub(in crate::gss::unix) const DELEGATE: u32 = 1;
    pub(in crate::gss::unix) const MUTUAL: u32 = 2;
    pub(in crate::gss::unix) const REPLAY: u32 = 4;
    pub(in crate::gss::unix) const SEQUENCE: u32 = 8;
    pub(in crate::gss::unix) const CONFIDENTIALITY: u32 = 16;
    pub(in crate::gss::unix) const INTEGRITY: u32 = 32;
    /// MIT 1.19 and later: the client's channel bindings were there, and matched.
    pub(in crate::gss::unix) const CHANNEL_BOUND: u32 = 2048;
    pub(in crate::gss::unix) const IDENTIFY: u32 = 0x2000;
}

/// `GSS_C_INITIATE`.
pub(super) const INITIATE: i32 = 1;
/// `GSS_C_ACCEPT`.
pub(super) const ACCEPT: i32 = 2;
/// `GSS_C_INDEFINITE`.
pub(super) const INDEFINITE: u32 = u32::MAX;
/// `GSS_S_CREDENTIALS_EXPIRED`.
pub(super) const CREDENTIALS_EXPIRED: u32 = 11 << 16;
/// `GSS_S_CONTINUE_NEEDED`.
pub(super) const CONTINUE_NEEDED: u32 = 1;
/// The bits of a major status that say an error (RFC 2744 §3.9.1).
pub(super) const ERROR_BITS: u32 = 0xFFFF_0000;
/// `GSS_S_DUPLICATE_TOKEN`, `GSS_S_OLD_TOKEN`, `GSS_S_UNSEQ_TOKEN`, `GSS_S_GAP_TOKEN`.
pub(super) const ORDER_BITS: u32 = 2 | 4 | 8 | 16;
/// `GSS_C_GSS_CODE`.
pub(super) const MAJOR_CODE: i32 = 1;
/// `GSS_C_MECH_CODE`.
pub(super) const MINOR_CODE: i32 = 2;
