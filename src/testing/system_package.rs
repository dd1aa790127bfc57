//! A fake system package: it takes two steps, and wraps as RFC 4121 lays messages out, with a
//! mask for a cipher and a sum for a checksum. In Windows' way or in Wine's.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Status;
use crate::gss::windows::functions::SspiFunctions;
use crate::gss::windows::types::{SecBuffer, SecBufferDesc, SecHandle, SizesStructure, TimeStamp};
use crate::sspi::buffer_type;

/// What one credential and its contexts have seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) steps: usize,
    pub(crate) asked: u32,
    pub(crate) target: String,
    pub(crate) kinds: Vec<u32>,
    /// The last context handle given out.
    pub(crate) context: SecHandle,
    pub(crate) deleted: Vec<SecHandle>,
    pub(crate) freed: usize,
    pub(crate) sent: u8,
    pub(crate) received: u8,
}

/// The upper word of all handles here.
const UPPER: usize = 0xC0DE;
const MASK: u8 = 0x55;
const CHECKSUM: usize = 12;

pub(crate) static WINDOWS: SspiFunctions = SspiFunctions {
    accept,
    initialize,
    delete_context,
    free_credential,
    query,
    sign,
    verify,
    seal: seal_as_windows,
    open: open_as_windows,
    wine: false,
};

pub(crate) static WINE: SspiFunctions = SspiFunctions {
    accept,
    initialize,
    delete_context,
    free_credential,
    query,
    sign,
    verify,
    seal: seal_as_wine,
    open: open_as_wine,
    wine: true,
};

fn all() -> MutexGuard<'static, BTreeMap<usize, Seen>> {
    static ALL: Mutex<BTreeMap<usize, Seen>> = Mutex::new(BTreeMap::new());
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new credential's handle. Its contexts' have the same number above their lowest byte.
pub(crate) fn credential() -> SecHandle {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let lower = NEXT.fetch_add(1, Ordering::SeqCst) << 8;
    all().insert(lower, Seen::default());
    SecHandle { lower, upper: UPPER }
}

/// Looks at what a handle has seen.
pub(crate) fn seen<T>(handle: SecHandle, look: impl FnOnce(&mut Seen) -> T) -> T {
    assert_eq!(handle.upper, UPPER);
    look(all().get_mut(&(handle.lower & !0xFF)).expect("a handle of this system's"))
}

fn buffers<'a>(description: *mut SecBufferDesc) -> &'a mut [SecBuffer] {
    // SAFETY: what the adapter passes: NULL or a description that lives as long as the call.
    let Some(description) = (unsafe { description.as_ref() }) else { return &mut [] };
    let count = usize::try_from(description.count).unwrap();
    // SAFETY: as many buffers as it says.
    unsafe { std::slice::from_raw_parts_mut(description.buffers, count) }
}

fn bytes<'a>(buffer: &SecBuffer) -> &'a mut [u8] {
    if buffer.memory.is_null() {
        return &mut [];
    }
    // SAFETY: memory that is as long as it says.
    unsafe { std::slice::from_raw_parts_mut(buffer.memory.cast(), buffer.length()) }
}

fn find(buffers: &mut [SecBuffer], kind: u32) -> Option<&mut SecBuffer> {
    buffers.iter_mut().find(|buffer| buffer.kind == kind)
}

/// A step: the first asks for more, the second answers "last" and is the end; the words below.
fn step(
    credential: SecHandle,
    context: *const SecHandle,
    input: *mut SecBufferDesc,
    new: *mut SecHandle,
    output: *mut SecBufferDesc,
    (attributes, bits): (*mut u32, u32),
    expiry: *mut TimeStamp,
) -> u32 {
    let input = buffers(input);
    let token = find(input, buffer_type::TOKEN).map_or(&[][..], |buffer| bytes(buffer));
    let status = seen(credential, |seen| {
        seen.kinds = input.iter().map(|buffer| buffer.kind).collect();
        // SAFETY: NULL or a live handle.
        let given = unsafe { context.as_ref() }.copied();
        assert_eq!(given, (seen.steps > 0).then_some(seen.context), "the context's latest handle");
        let status = match token {
            b"refuse" => return Status::LOGON_DENIED,
            b"complete" => Status::COMPLETE_AND_CONTINUE,
            _ if seen.steps == 0 => Status::CONTINUE_NEEDED,
            _ => Status::OK,
        };
        seen.steps += 1;
        seen.context = SecHandle { lower: credential.lower + seen.steps, upper: UPPER };
        // SAFETY: a live handle.
        unsafe { new.write(seen.context) };
        status
    });
    if status.is_error() {
        return status.code();
    }
    let answer = match (status, token) {
        (_, b"ntlm") => &b"NTLMSSP\0"[..],
        // The other end has ended.
        (Status::OK, b"last") => b"",
        (Status::OK, _) => b"last",
        _ => b"more",
    };
    let out = find(buffers(output), buffer_type::TOKEN).unwrap();
    bytes(out)[..answer.len()].copy_from_slice(answer);
    out.length = u32::try_from(answer.len()).unwrap();
    // SAFETY: live numbers.
    unsafe { attributes.write(bits) };
    // SAFETY: a live time.
    unsafe { expiry.write(TimeStamp { low: 7, high: 1 }) };
    status.code()
}

unsafe extern "system" fn accept(
    credential: *const SecHandle,
    context: *const SecHandle,
    input: *mut SecBufferDesc,
    asked: u32,
    _: u32,
    new: *mut SecHandle,
    output: *mut SecBufferDesc,
    attributes: *mut u32,
    expiry: *mut TimeStamp,
) -> u32 {
    // SAFETY: a live handle.
    let credential = unsafe { credential.read() };
    seen(credential, |seen| seen.asked = asked);
    // ASC_RET: REPLAY_DETECT, SEQUENCE_DETECT, CONFIDENTIALITY, INTEGRITY.
    step(credential, context, input, new, output, (attributes, 0x2_001C), expiry)
}

unsafe extern "system" fn initialize(
    credential: *const SecHandle,
    context: *const SecHandle,
    target: *const u16,
    asked: u32,
    _: u32,
    _: u32,
    input: *mut SecBufferDesc,
    _: u32,
    new: *mut SecHandle,
    output: *mut SecBufferDesc,
    attributes: *mut u32,
    expiry: *mut TimeStamp,
) -> u32 {
    // SAFETY: a live handle.
    let credential = unsafe { credential.read() };
    let mut units = Vec::new();
    if !target.is_null() {
        units.extend((0..).map_while(|index| {
            // SAFETY: a terminated text, which this is not past the end of.
            let unit = unsafe { target.wrapping_add(index).read() };
            (unit != 0).then_some(unit)
        }));
    }
    seen(credential, |seen| {
        seen.asked = asked;
        seen.target = String::from_utf16(&units).unwrap();
    });
    // ISC_RET: the same.
    step(credential, context, input, new, output, (attributes, 0x1_001C), expiry)
}

unsafe extern "system" fn delete_context(context: *const SecHandle) -> u32 {
    // SAFETY: a live handle.
    let context = unsafe { context.read() };
    seen(context, |seen| seen.deleted.push(context));
    0
}

unsafe extern "system" fn free_credential(credential: *const SecHandle) -> u32 {
    // SAFETY: a live handle.
    seen(unsafe { credential.read() }, |seen| seen.freed += 1);
    0
}

/// SIZES alone, as Wine has them.
unsafe extern "system" fn query(_: *const SecHandle, attribute: u32, place: *mut c_void) -> u32 {
    if attribute != 0 {
        return Status::UNSUPPORTED_FUNCTION.code();
    }
    let sizes =
        SizesStructure { max_token: 12000, max_signature: 37, block_size: 1, security_trailer: 49 };
    // SAFETY: the structure of SIZES.
    unsafe { place.cast::<SizesStructure>().write(sizes) };
    0
}

fn sum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let sum = bytes.iter().fold(0_u32, |sum, byte| sum.rotate_left(5) ^ u32::from(*byte));
    std::array::from_fn(|index| sum.to_be_bytes()[index % 4])
}

/// RFC 4121 §4.2.6.2, more or less.
pub(crate) fn wrapped(sealed: bool, number: u8, plain: &[u8]) -> Vec<u8> {
    let (flags, extra) = if sealed { (2, 0) } else { (0, 12) };
    let header = [5, 4, flags, 0xFF, 0, extra, 0, 0, 0, 0, 0, 0, 0, 0, 0, number];
    let mut token = header.to_vec();
    if sealed {
        token.extend_from_slice(&[0xAA; 16]);
        token.extend(plain.iter().map(|byte| byte ^ MASK));
        token.extend_from_slice(&header);
    } else {
        token.extend_from_slice(plain);
    }
    let checksum = sum(&token);
    token.extend_from_slice(&checksum);
    token
}

/// The same, turned so that the data comes last.
pub(crate) fn rotated(sealed: bool, number: u8, plain: &[u8]) -> Vec<u8> {
    let mut token = wrapped(sealed, number, plain);
    let distance = if sealed { 28 } else { 12 };
    token[16..].rotate_right(distance);
    token[7] = u8::try_from(distance).unwrap();
    token
}

fn unwrapped(context: SecHandle, token: &[u8]) -> Result<(Vec<u8>, bool), Status> {
    let mut token = token.to_vec();
    if let Some((head, body)) = token.split_first_chunk_mut::<16>() {
        let distance = usize::from(std::mem::take(&mut head[7]));
        body.rotate_left(distance.min(body.len()));
    }
    let (body, checksum) = token.split_last_chunk::<CHECKSUM>().ok_or(Status::INVALID_TOKEN)?;
    if sum(body) != *checksum {
        return Err(Status::MESSAGE_ALTERED);
    }
    if seen(context, |seen| seen.received) != body[15] {
        return Err(Status::OUT_OF_SEQUENCE);
    }
    seen(context, |seen| seen.received += 1);
    Ok(match body[2] {
        0 => (body[16..].to_vec(), false),
        _ => (body[32..body.len() - 16].iter().map(|byte| byte ^ MASK).collect(), true),
    })
}

/// The whole message of the DATA there is, and where the buffers for it are.
fn seal(context: *const SecHandle, qop: u32, message: *mut SecBufferDesc) -> (Vec<u8>, usize) {
    // SAFETY: a live handle.
    let context = unsafe { context.read() };
    let data = bytes(find(buffers(message), buffer_type::DATA).unwrap());
    let number = seen(context, |seen| {
        seen.sent += 1;
        seen.sent - 1
    });
    (wrapped(qop == 0, number, data), data.len())
}

/// Puts a message's first bytes into one buffer and its last ones into another.
fn lay_out(message: *mut SecBufferDesc, whole: &[u8], kinds: [u32; 2], at: usize) -> u32 {
    let (first, last) = whole.split_at(at);
    for (kind, part) in kinds.into_iter().zip([first, last]) {
        let buffer = find(buffers(message), kind).unwrap();
        if buffer.length() < part.len() {
            return Status::BUFFER_TOO_SMALL.code();
        }
        bytes(buffer)[..part.len()].copy_from_slice(part);
        buffer.length = u32::try_from(part.len()).unwrap();
    }
    0
}

unsafe extern "system" fn seal_as_windows(
    context: *const SecHandle,
    qop: u32,
    message: *mut SecBufferDesc,
    _: u32,
) -> u32 {
    let (whole, data) = seal(context, qop, message);
    if let Some(padding) = find(buffers(message), buffer_type::PADDING) {
        padding.length = 0;
    }
    lay_out(message, &whole, [buffer_type::TOKEN, buffer_type::DATA], whole.len() - data)
}

unsafe extern "system" fn seal_as_wine(
    context: *const SecHandle,
    qop: u32,
    message: *mut SecBufferDesc,
    _: u32,
) -> u32 {
    let (whole, data) = seal(context, qop, message);
    lay_out(message, &whole, [buffer_type::DATA, buffer_type::TOKEN], data)
}

unsafe extern "system" fn open_as_windows(
    context: *const SecHandle,
    message: *mut SecBufferDesc,
    _: u32,
    qop: *mut u32,
) -> u32 {
    let stream = find(buffers(message), buffer_type::STREAM).unwrap();
    let place = bytes(stream);
    // SAFETY: a live handle.
    let (plain, sealed) = match unwrapped(unsafe { context.read() }, place) {
        Ok(opened) => opened,
        Err(status) => return status.code(),
    };
    // Windows leaves the plaintext where it was, behind what stands before it.
    let offset = if sealed { 32 } else { 16 };
    place[offset..][..plain.len()].copy_from_slice(&plain);
    let start = place[offset..].as_mut_ptr().cast();
    let data = find(buffers(message), buffer_type::DATA).unwrap();
    (data.memory, data.length) = (start, u32::try_from(plain.len()).unwrap());
    // SAFETY: a live number.
    unsafe { qop.write(if sealed { 0 } else { 0x8000_0001 }) };
    0
}

unsafe extern "system" fn open_as_wine(
    context: *const SecHandle,
    message: *mut SecBufferDesc,
    _: u32,
    qop: *mut u32,
) -> u32 {
    let parts = [buffer_type::DATA, buffer_type::TOKEN];
    let [data, token] = parts.map(|kind| bytes(find(buffers(message), kind).unwrap()));
    // SAFETY: a live handle.
    let (plain, sealed) = match unwrapped(unsafe { context.read() }, &[&*data, &*token].concat()) {
        Ok(opened) => opened,
        Err(status) => return status.code(),
    };
    assert_eq!(plain.len(), data.len(), "Wine would read past the plaintext");
    data.copy_from_slice(&plain);
    // SAFETY: a live number.
    unsafe { qop.write(if sealed { 0 } else { 0x8000_0001 }) };
    0
}

/// The sum of the data, without a look at the room in TOKEN.
unsafe extern "system" fn sign(
    _: *const SecHandle,
    _: u32,
    message: *mut SecBufferDesc,
    _: u32,
) -> u32 {
    let signature = sum(bytes(find(buffers(message), buffer_type::DATA).unwrap()));
    let token = find(buffers(message), buffer_type::TOKEN).unwrap();
    bytes(token)[..CHECKSUM].copy_from_slice(&signature);
    token.length = u32::try_from(CHECKSUM).unwrap();
    0
}

unsafe extern "system" fn verify(
    _: *const SecHandle,
    message: *mut SecBufferDesc,
    _: u32,
    qop: *mut u32,
) -> u32 {
    let parts = [buffer_type::DATA, buffer_type::TOKEN];
    let [data, token] = parts.map(|kind| bytes(find(buffers(message), kind).unwrap()));
    // SAFETY: a live number.
    unsafe { qop.write(0) };
    if sum(data) == *token { 0 } else { Status::MESSAGE_ALTERED.code() }
}
