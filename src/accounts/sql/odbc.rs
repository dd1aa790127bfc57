//! Connections and statements of ODBC 3: the calls, and the memory that they are given. Text is UTF-16
//! both ways, which needs no charset of the process's; unsafe stands here and in `library` alone.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use zeroize::Zeroize as _;

use super::characters::{decoded, encoded};
use super::library::{Functions, Handle, Return, functions};
use crate::accounts::Unavailable;
use crate::accounts::question::LONGEST_NAME;
use crate::secret::Secret;
use crate::system::sigpipe;

/// `SQL_HANDLE_ENV`, `SQL_HANDLE_DBC`, `SQL_HANDLE_STMT`.
const ENVIRONMENT: i16 = 1;
const CONNECTION: i16 = 2;
const STATEMENT: i16 = 3;

/// `SQL_ATTR_ODBC_VERSION`, `SQL_OV_ODBC3`, `SQL_ATTR_LOGIN_TIMEOUT`.
const ODBC_VERSION: i32 = 200;
const ODBC_3: usize = 3;
const LOGIN_TIMEOUT: i32 = 103;

/// `SQL_PARAM_INPUT`, `SQL_WVARCHAR`, `SQL_C_WCHAR`, `SQL_C_BINARY`.
const INPUT: i16 = 1;
const WIDE_TEXT: i16 = -9;
const C_WIDE: i16 = -8;
const C_BYTES: i16 = -2;

/// `SQL_BINARY`, `SQL_VARBINARY`, `SQL_LONGVARBINARY`.
const BYTES: [i16; 3] = [-2, -3, -4];

/// `SQL_NO_DATA`, `SQL_NULL_DATA`, `SQL_CLOSE`, `SQL_DRIVER_NOPROMPT`.
const NO_DATA: Return = 100;
const NULL: isize = -1;
const CLOSE: u16 = 0;
const NO_PROMPT: u16 = 0;

/// Parameters that a query may have.
pub(super) const PARAMETERS: usize = 2;

/// The `SQLSTATE` of a value that is longer than the room for it.
pub(super) const TRUNCATED: &str = "01004";

/// Bytes that a value may have on its way here, a terminator included.
const ROOM: usize = 4096;

/// What a call was refused with: the state, five characters, and the driver's words.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) state: String,
    pub(super) native: i32,
    pub(super) message: String,
}

/// A column of a row; text is UTF-8.
pub(super) struct Cell {
    pub(super) bytes: Secret<Vec<u8>>,
    pub(super) binary: bool,
}

/// Room for characters of either width, which lie at multiples of it.
#[repr(align(4))]
struct Characters<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Drop for Characters<BYTES> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A handle of one kind, freed when it is dropped.
struct Owned {
    kind: i16,
    handle: Handle,
    functions: &'static Functions,
}

// SAFETY: ODBC 3 lets any thread use a handle, one at a time.
unsafe impl Send for Owned {}

impl Owned {
    fn new(functions: &'static Functions, kind: i16, parent: Handle) -> Result<Self, Fault> {
        let mut handle = ptr::null_mut();
        // SAFETY: the parent lives, or there is none for an environment; the place can be written.
        let result = unsafe { (functions.SQLAllocHandle)(kind, parent, &raw mut handle) };
        let owned = Self { kind, handle, functions };
        if is_right(result) && !handle.is_null() {
            return Ok(owned);
        }
        std::mem::forget(owned);
        Err(Fault { state: "HY001".to_owned(), native: 0, message: "no handle".to_owned() })
    }

    fn checked(&self, result: Return) -> Result<(), Fault> {
        if is_right(result) { Ok(()) } else { Err(self.fault()) }
    }

    fn fault(&self) -> Fault {
        let functions = self.functions;
        let (mut native, mut length) = (0, 0);
        let (mut state, mut message) = (Characters([0; 24]), Characters([0; 2048]));
        // SAFETY: the handle lives, and each place has as much room as is said, a state six characters.
        let result = unsafe {
            (functions.SQLGetDiagRecW)(
                self.kind,
                self.handle,
                1,
                state.0.as_mut_ptr().cast(),
                &raw mut native,
                message.0.as_mut_ptr().cast(),
                512,
                &raw mut length,
            )
        };
        if !is_right(result) {
            let message = "the driver does not say why".to_owned();
            return Fault { state: "HY000".to_owned(), native: 0, message };
        }
        let length = usize::try_from(length).unwrap_or(0).min(511);
        let message = message.0.get(..length * functions.width).unwrap_or_default();
        let state = state.0.get(..5 * functions.width).unwrap_or_default();
        let (state, message) = (decoded(state, functions.width), decoded(message, functions.width));
        Fault { state, native, message }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: made by `new`, dropped once, and everything made of it has been freed.
        unsafe { (self.functions.SQLFreeHandle)(self.kind, self.handle) };
    }
}

/// A connection to a database.
pub(super) struct Connection {
    connection: Owned,
    _environment: Owned,
}

/// Loads the driver manager.
///
/// # Errors
/// There is none.
pub(super) fn load() -> Result<(), Unavailable> {
    functions().map(drop)
}

impl Connection {
    /// Connects as the string says. `seconds` is for drivers that take a time-out of the login.
    pub(super) fn open(string: &str, seconds: usize) -> Result<Self, Fault> {
        let functions = functions().map_err(|Unavailable(message)| Fault {
            state: "IM003".to_owned(),
            native: 0,
            message,
        })?;
        let environment = Owned::new(functions, ENVIRONMENT, ptr::null_mut())?;
        let version = ptr::without_provenance_mut(ODBC_3);
        // SAFETY: the environment lives; this attribute's value is a number in a pointer's place.
        let result =
            unsafe { (functions.SQLSetEnvAttr)(environment.handle, ODBC_VERSION, version, 0) };
        environment.checked(result)?;
        let connection = Owned::new(functions, CONNECTION, environment.handle)?;
        let seconds = ptr::without_provenance_mut(seconds);
        // SAFETY: as above; a driver without it refuses, which does no harm.
        unsafe { (functions.SQLSetConnectAttrW)(connection.handle, LOGIN_TIMEOUT, seconds, 0) };
        let text = Secret::new(encoded(string, functions.width));
        let length = i16::try_from(string.encode_utf16().count()).unwrap_or(i16::MAX);
        let start = text.expose().as_ptr().cast::<c_void>();
        // MariaDB's connector sets it to ignored.
        let _kept = sigpipe::Kept::begin();
        // SAFETY: the connection lives, the text is as long as is said and terminated, and nothing is
        // to be written.
        let result = unsafe {
            (functions.SQLDriverConnectW)(
                connection.handle,
                ptr::null_mut(),
                start,
                length,
                ptr::null_mut(),
                0,
                ptr::null_mut(),
                NO_PROMPT,
            )
        };
        connection.checked(result)?;
        Ok(Self { connection, _environment: environment })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: it is connected, and its statements have been freed.
        unsafe { (self.connection.functions.SQLDisconnect)(self.connection.handle) };
    }
}

/// A query, prepared once. Dropped before its connection.
pub(super) struct Statement {
    owned: Owned,
    parameters: Parameters,
    /// How many of them the query has.
    pub(super) count: usize,
}

/// The memory that parameters are bound to, which stays where it is.
struct Parameters(NonNull<Bound>);

// SAFETY: owned, and reached by whoever has the statement alone.
unsafe impl Send for Parameters {}

#[repr(C, align(4))]
struct Bound {
    /// Room for either width of character, first, so that it lies as this does.
    text: [[u8; LONGEST_NAME * 4]; PARAMETERS],
    lengths: [isize; PARAMETERS],
}

impl Parameters {
    fn new() -> Self {
        let bound = Bound { text: [[0; LONGEST_NAME * 4]; PARAMETERS], lengths: [0; PARAMETERS] };
        Self(NonNull::from(Box::leak(Box::new(bound))))
    }

    /// Where the text of a parameter lies, and its length.
    fn places(&self, index: usize) -> (*mut u8, *mut isize) {
        let index = index.min(PARAMETERS - 1);
        // SAFETY: allocated by `new`; no reference to it is made.
        let text = unsafe { &raw mut (*self.0.as_ptr()).text };
        // SAFETY: as above.
        let lengths = unsafe { &raw mut (*self.0.as_ptr()).lengths };
        let text = text.cast::<u8>().wrapping_add(index * LONGEST_NAME * 4);
        (text, lengths.cast::<isize>().wrapping_add(index))
    }

    fn set(&self, index: usize, bytes: &[u8]) {
        let length = bytes.len().min(LONGEST_NAME * 4);
        let (text, place) = self.places(index);
        // SAFETY: there is room for so many bytes, which nothing uses between two calls.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), text, length) };
        // SAFETY: as above.
        unsafe { place.write(length.cast_signed()) };
    }
}

impl Drop for Parameters {
    fn drop(&mut self) {
        // SAFETY: leaked by `new`, dropped once, after the statement that it was bound to.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl Statement {
    /// Prepares a query of text parameters.
    pub(super) fn prepare(connection: &Connection, query: &str) -> Result<Self, Fault> {
        let functions = connection.connection.functions;
        // Goes after the statement that it is bound to.
        let parameters = Parameters::new();
        let statement = Owned::new(functions, STATEMENT, connection.connection.handle)?;
        let text = encoded(query, functions.width);
        let length = i32::try_from(query.encode_utf16().count()).unwrap_or(i32::MAX);
        let start = text.as_ptr().cast::<c_void>();
        // SAFETY: the statement lives, and the text is as long as is said.
        let result = unsafe { (functions.SQLPrepareW)(statement.handle, start, length) };
        statement.checked(result)?;
        let mut count = 0;
        // SAFETY: the statement lives, and the place can be written.
        let result = unsafe { (functions.SQLNumParams)(statement.handle, &raw mut count) };
        statement.checked(result)?;
        let count = usize::try_from(count).unwrap_or(0);
        for index in 0..count.min(PARAMETERS) {
            let (text, length) = parameters.places(index);
            let number = u16::try_from(index + 1).unwrap_or(1);
            let room = (LONGEST_NAME * functions.width).cast_signed();
            // SAFETY: what is bound has that much room, and lives as long as the statement.
            let result = unsafe {
                (functions.SQLBindParameter)(
                    statement.handle,
                    number,
                    INPUT,
                    C_WIDE,
                    WIDE_TEXT,
                    LONGEST_NAME,
                    0,
                    text.cast(),
                    room,
                    length,
                )
            };
            statement.checked(result)?;
        }
        Ok(Self { owned: statement, parameters, count })
    }

    /// Asks; then [`Statement::fetch`] and at last [`Statement::close`].
    pub(super) fn execute(&mut self, parameters: &[&str]) -> Result<(), Fault> {
        let functions = self.owned.functions;
        for (index, parameter) in parameters.iter().enumerate() {
            let mut text = encoded(parameter, functions.width);
            text.truncate(text.len().saturating_sub(functions.width));
            self.parameters.set(index, &text);
        }
        // SAFETY: the statement lives, and so does what is bound to it.
        let result = unsafe { (functions.SQLExecute)(self.owned.handle) };
        // No row, which only statements that are no queries may say.
        if result == NO_DATA { Ok(()) } else { self.owned.checked(result) }
    }

    /// How many columns there are.
    pub(super) fn columns(&self) -> Result<usize, Fault> {
        let mut count = 0;
        // SAFETY: the statement lives, and the place can be written.
        let result =
            unsafe { (self.owned.functions.SQLNumResultCols)(self.owned.handle, &raw mut count) };
        self.owned.checked(result)?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// Goes to the next row; says whether there is one.
    pub(super) fn fetch(&mut self) -> Result<bool, Fault> {
        // SAFETY: the statement lives.
        let result = unsafe { (self.owned.functions.SQLFetch)(self.owned.handle) };
        if result == NO_DATA {
            return Ok(false);
        }
        self.owned.checked(result).map(|()| true)
    }

    /// The value of a column, the first being number 1; `None` for NULL.
    pub(super) fn cell(&mut self, number: u16) -> Result<Option<Cell>, Fault> {
        let functions = self.owned.functions;
        let binary = BYTES.contains(&self.kind(number)?);
        let kind = if binary { C_BYTES } else { C_WIDE };
        let mut room = Characters([0; ROOM]);
        let mut length = 0;
        let start = room.0.as_mut_ptr().cast();
        // SAFETY: the statement lives and stands at a row; there is as much room as is said.
        let result = unsafe {
            (functions.SQLGetData)(
                self.owned.handle,
                number,
                kind,
                start,
                ROOM.cast_signed(),
                &raw mut length,
            )
        };
        self.owned.checked(result)?;
        if length == NULL {
            return Ok(None);
        }
        let limit = if binary { ROOM } else { ROOM - functions.width };
        let length = usize::try_from(length).ok().filter(|length| *length <= limit);
        let bytes = length.and_then(|length| room.0.get(..length)).ok_or_else(|| {
            let (state, message) = (TRUNCATED.to_owned(), "a value is cut off".to_owned());
            Fault { state, native: 0, message }
        })?;
        let bytes = if binary { bytes.to_vec() } else { decoded(bytes, functions.width).into() };
        Ok(Some(Cell { bytes: Secret::new(bytes), binary }))
    }

    fn kind(&self, number: u16) -> Result<i16, Fault> {
        let (mut length, mut kind, mut size, mut digits, mut null) = (0, 0, 0, 0, 0);
        let mut name = Characters([0; 256]);
        // SAFETY: the statement lives, and each place can be written, the name's 64 characters.
        let result = unsafe {
            (self.owned.functions.SQLDescribeColW)(
                self.owned.handle,
                number,
                name.0.as_mut_ptr().cast(),
                64,
                &raw mut length,
                &raw mut kind,
                &raw mut size,
                &raw mut digits,
                &raw mut null,
            )
        };
        self.owned.checked(result)?;
        Ok(kind)
    }

    /// Ends a query.
    pub(super) fn close(&mut self) {
        // SAFETY: the statement lives; without a query there is nothing to end.
        unsafe { (self.owned.functions.SQLFreeStmt)(self.owned.handle, CLOSE) };
    }
}

/// `SQL_SUCCESS` or `SQL_SUCCESS_WITH_INFO`.
const fn is_right(result: Return) -> bool {
    result == 0 || result == 1
}
