//! Whom the credential cache is for. GSSAPI tells it of tickets that are still good alone, and may ask
//! the KDC for one; the Kerberos library beneath it reads the cache.

use std::ffi::{CStr, c_char, c_void};
use std::ptr::null_mut;

use super::library::Krb5;

/// The principal of the default cache, whether its tickets have expired or not; `None` where there is no
/// cache.
pub(super) fn of_default_cache(krb5: &'static Krb5) -> Option<String> {
    let mut context = Krb5Context { krb5, handle: null_mut() };
    // SAFETY: a pointer to a live local.
    succeeded(unsafe { (krb5.krb5_init_context)(&raw mut context.handle) })?;
    let mut cache = Krb5Cache { context: &context, handle: null_mut() };
    // SAFETY: the context is live.
    succeeded(unsafe { (krb5.krb5_cc_default)(context.handle, &raw mut cache.handle) })?;
    let mut principal = Krb5Principal { context: &context, handle: null_mut() };
    let filled = &raw mut principal.handle;
    // SAFETY: context and cache are live.
    succeeded(unsafe { (krb5.krb5_cc_get_principal)(context.handle, cache.handle, filled) })?;
    let mut string = UnparsedName { context: &context, start: null_mut() };
    let filled = &raw mut string.start;
    // SAFETY: context and principal are live.
    succeeded(unsafe { (krb5.krb5_unparse_name)(context.handle, principal.handle, filled) })?;
    if string.start.is_null() {
        return None;
    }
    // SAFETY: the library's string, which is terminated and lives until it is freed.
    let string = unsafe { CStr::from_ptr(string.start) };
    string.to_str().ok().map(str::to_owned)
}

fn succeeded(code: i32) -> Option<()> {
    (code == 0).then_some(())
}

/// `krb5_context`.
struct Krb5Context {
    krb5: &'static Krb5,
    handle: *mut c_void,
}

/// `krb5_ccache`.
struct Krb5Cache<'c> {
    context: &'c Krb5Context,
    handle: *mut c_void,
}

/// `krb5_principal`.
struct Krb5Principal<'c> {
    context: &'c Krb5Context,
    handle: *mut c_void,
}

/// The string of a name, of the library's.
struct UnparsedName<'c> {
    context: &'c Krb5Context,
    start: *mut c_char,
}

impl Drop for Krb5Context {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // SAFETY: the library's, freed once, after all that was made with it.
            unsafe { (self.krb5.krb5_free_context)(self.handle) };
        }
    }
}

impl Drop for Krb5Cache<'_> {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // SAFETY: the library's, closed once; its context is live.
            unsafe { (self.context.krb5.krb5_cc_close)(self.context.handle, self.handle) };
        }
    }
}

impl Drop for Krb5Principal<'_> {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // SAFETY: the library's, freed once; its context is live.
            unsafe { (self.context.krb5.krb5_free_principal)(self.context.handle, self.handle) };
        }
    }
}

impl Drop for UnparsedName<'_> {
    fn drop(&mut self) {
        if !self.start.is_null() {
            // SAFETY: the library's, freed once; its context is live.
            unsafe { (self.context.krb5.krb5_free_unparsed_name)(self.context.handle, self.start) };
        }
    }
}
