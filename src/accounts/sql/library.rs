//! The system's ODBC driver manager, loaded when it is first asked for.

use std::ffi::c_void;

use libloading::Library;
use once_cell::race::OnceBox;

use crate::accounts::Unavailable;

/// An environment, a connection or a statement.
pub(super) type Handle = *mut c_void;

/// What functions answer.
pub(super) type Return = i16;

/// By name, and the bytes of a character of text there. iODBC's are those of `wchar_t`.
#[cfg(not(windows))]
const NAMES: [(&str, usize); 3] =
    [("libodbc.so.2", 2), ("libiodbc.so.2", 4), ("libiodbc.2.dylib", 4)];
#[cfg(windows)]
const NAMES: [(&str, usize); 1] = [("odbc32.dll", 2)];

/// The driver manager's functions.
///
/// # Errors
/// The system has none of those that are known, whose names are told.
pub(super) fn functions() -> Result<&'static Functions, Unavailable> {
    static LOADED: OnceBox<Option<Functions>> = OnceBox::new();
    LOADED
        .get_or_init(|| Box::new(NAMES.iter().find_map(|(name, width)| load(name, *width))))
        .as_ref()
        .ok_or_else(|| {
            let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            Unavailable(format!("no ODBC driver manager is installed; looked for {names}"))
        })
}

fn load(name: &str, width: usize) -> Option<Functions> {
    let library = open(name)?;
    let found = Functions::of(&library, width)?;
    // It stays: its drivers' threads and handlers of exit point into it.
    std::mem::forget(library);
    Some(found)
}

#[cfg(not(windows))]
fn open(name: &str) -> Option<Library> {
    // SAFETY: by the system's search path, as a program linked with it would have it; its
    // initializers are those of a library that any program may load.
    unsafe { Library::new(name) }.ok()
}

/// From the system's own directory alone.
#[cfg(windows)]
fn open(name: &str) -> Option<Library> {
    use libloading::os::windows::{LOAD_LIBRARY_SEARCH_SYSTEM32, Library};

    // SAFETY: the system's own library, which any program may load.
    let library = unsafe { Library::load_with_flags(name, LOAD_LIBRARY_SEARCH_SYSTEM32) };
    library.ok().map(Into::into)
}

macro_rules! functions {
    ($($name:ident($($argument:ty),*);)*) => {
        /// The functions used, each by its name in C.
        #[allow(non_snake_case)] // the names are C's
        pub(super) struct Functions {
            /// Bytes of a character of text.
            pub(super) width: usize,
            $(pub(super) $name: unsafe extern "system" fn($($argument),*) -> Return,)*
        }

        impl Functions {
            /// `None` when one of them is missing.
            fn of(library: &Library, width: usize) -> Option<Self> {
                $(
                    #[allow(non_snake_case)] // as above
                    // SAFETY: the type is the one that ODBC 3 gives the function.
                    let $name = *unsafe { library.get(stringify!($name).as_bytes()) }.ok()?;
                )*
                Some(Self { width, $($name,)* })
            }
        }
    };
}

functions! {
    SQLAllocHandle(i16, Handle, *mut Handle);
    SQLFreeHandle(i16, Handle);
    SQLSetEnvAttr(Handle, i32, *mut c_void, i32);
    SQLSetConnectAttrW(Handle, i32, *mut c_void, i32);
    SQLDriverConnectW(Handle, *mut c_void, *const c_void, i16, *mut c_void, i16, *mut i16, u16);
    SQLDisconnect(Handle);
    SQLPrepareW(Handle, *const c_void, i32);
    SQLNumParams(Handle, *mut i16);
    SQLBindParameter(Handle, u16, i16, i16, i16, usize, i16, *mut c_void, isize, *mut isize);
    SQLExecute(Handle);
    SQLNumResultCols(Handle, *mut i16);
    SQLDescribeColW(Handle, u16, *mut c_void, i16, *mut i16, *mut i16, *mut usize, *mut i16, *mut i16);
    SQLFetch(Handle);
    SQLGetData(Handle, u16, i16, *mut c_void, isize, *mut isize);
    SQLFreeStmt(Handle, u16);
    SQLGetDiagRecW(i16, Handle, i16, *mut c_void, *mut i32, *mut c_void, i16, *mut i16);
}
