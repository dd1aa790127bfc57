//! Identities in each of their forms, with any text, lengths, offsets and flags that memory can back,
//! through every function of the Sspi family. What can be used can be copied, and the copy says the
//! same as the original; what cannot be used is refused by all alike.

use std::ffi::c_void;
use std::mem::size_of;
use std::ptr;

use crate::abi::{self, Identity, IdentityEx};
use crate::ends::Block;
use crate::fault;
use crate::input::Input;
use crate::place;

/// Builds an identity and uses it.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let input = &mut input;
    match input.below(4) {
        0 => classic(input),
        1 => extended(input),
        2 => in_one_block(input),
        _ => {
            unmarshalled(input);
            host(input);
        }
    }
}

/// A text of so many characters, in memory of exactly that size; NULL now and then.
struct Text(Option<Block>, u32);

impl Text {
    fn of(input: &mut Input<'_>, wide: bool) -> Self {
        let choice = input.byte();
        if choice & 7 == 7 {
            return Self(None, if choice & 8 != 0 { 3 } else { 0 });
        }
        let bytes = input.short();
        let bytes = if wide {
            let units = |byte: &u8| u16::from(*byte).to_le_bytes();
            if choice & 16 != 0 {
                bytes[..bytes.len() & !1].to_vec()
            } else {
                bytes.iter().flat_map(units).collect()
            }
        } else {
            bytes.to_vec()
        };
        let count = if wide { bytes.len() / 2 } else { bytes.len() };
        Self(Some(Block::of(&bytes)), u32::try_from(count).unwrap())
    }

    fn start(&mut self) -> *const c_void {
        self.0.as_mut().map_or(ptr::null(), |block| block.buffer(0).memory)
    }
}

fn flags(input: &mut Input<'_>) -> u32 {
    match input.below(6) {
        0 => abi::IDENTITY_UNICODE,
        1 => abi::IDENTITY_ANSI,
        2 => 3,
        3 => 0,
        4 => abi::IDENTITY_UNICODE | 1 << input.below(32),
        _ => u32::from_le_bytes([input.byte(), input.byte(), input.byte(), input.byte()]),
    }
}

/// Whether a structure with these flags has texts of UTF-16, as far as memory must back them.
fn is_wide(flags: u32) -> bool {
    flags & abi::IDENTITY_ANSI == 0
}

fn classic(input: &mut Input<'_>) {
    let flags = flags(input);
    let mut texts = [0; 3].map(|_| Text::of(input, is_wide(flags)));
    let mut identity = structure(&mut texts, flags);
    use_all((&raw mut identity).cast());
}

fn structure(texts: &mut [Text; 3], flags: u32) -> Identity {
    let [user, domain, password] = texts;
    Identity {
        user: user.start(),
        user_length: user.1,
        domain: domain.start(),
        domain_length: domain.1,
        password: password.start(),
        password_length: password.1,
        flags,
    }
}

fn extended(input: &mut Input<'_>) {
    let flags = flags(input);
    let mut texts = [0; 3].map(|_| Text::of(input, is_wide(flags)));
    let mut packages = Text::of(input, is_wide(flags));
    let length = u32::try_from(size_of::<IdentityEx>()).unwrap();
    let mut identity = IdentityEx {
        version: 0x200,
        length: if input.byte() & 7 == 7 { u32::from(input.byte()) } else { length },
        identity: structure(&mut texts, flags),
        packages: packages.start(),
        packages_length: packages.1,
    };
    use_all((&raw mut identity).cast());
}

/// The form in one block, of which everything is the fuzzer's but that its memory is there.
fn in_one_block(input: &mut Input<'_>) {
    const HEADER: usize = 48;
    let mut block = vec![0; HEADER];
    block[..4].copy_from_slice(&0x201_u32.to_le_bytes());
    block[4..6].copy_from_slice(&(HEADER as u16).to_le_bytes());
    block[32..36].copy_from_slice(&abi::IDENTITY_UNICODE.to_le_bytes());
    // Texts one after another, as the library lays them out.
    for place in [12_usize, 20, 28, 40] {
        let text: Vec<u8> = input.short().iter().flat_map(|byte| [*byte, 0]).collect();
        let offset = u32::try_from(block.len()).unwrap();
        block[place..place + 4].copy_from_slice(&offset.to_le_bytes());
        let length = u16::try_from(text.len()).unwrap();
        if place == 28 {
            // The password's length is behind its offset as the others' are; flags follow.
        }
        block[place + 4..place + 6].copy_from_slice(&length.to_le_bytes());
        block.extend_from_slice(&text);
    }
    // Any change of the header, with the structure no longer than the memory.
    for _ in 0..input.below(5) {
        let at = 4 + input.below(block.len().min(HEADER + 8) - 4);
        block[at] = input.byte();
    }
    let length = u32::try_from(block.len()).unwrap();
    let said = u32::from_le_bytes(block[8..12].try_into().unwrap());
    let kept = if input.flag() { said.min(length) } else { length };
    block[8..12].copy_from_slice(&kept.to_le_bytes());
    if is_taken_for_classic(&block) {
        return;
    }
    let mut exact = Block::of(&block[..(kept as usize).max(HEADER)]);
    use_all(exact.buffer(0).memory);
}

/// Whether these may be a classic structure whose first pointer begins like a version: no header of this form, and
/// flags where that has them. Nothing is where its pointers say.
fn is_taken_for_classic(block: &[u8]) -> bool {
    let number = |at: usize| u16::from_le_bytes(block[at..at + 2].try_into().unwrap());
    let length = u32::from_le_bytes(block[8..12].try_into().unwrap());
    let is_header = number(4) == 48 && length >= 48;
    !is_header && number(44) & 3 == u16::try_from(abi::IDENTITY_ANSI).unwrap()
}

/// UTF-16 of the library's, which it then frees.
fn take(text: *const u16) -> Option<Vec<u16>> {
    if text.is_null() {
        return None;
    }
    // SAFETY: a terminated text that the library allocated, freed here.
    unsafe {
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        let units = std::slice::from_raw_parts(text, length).to_vec();
        abi::SspiLocalFree(text.cast_mut().cast());
        Some(units)
    }
}

type Strings = [Option<Vec<u16>>; 3];

fn strings(identity: *mut c_void) -> Result<Strings, i32> {
    let mut all = [ptr::null(); 3];
    let [user, domain, password] = &mut all;
    // SAFETY: the identity as its form says; three places to write.
    let status = unsafe { abi::SspiEncodeAuthIdentityAsStrings(identity, user, domain, password) };
    if status == abi::OK {
        return Ok(all.map(take));
    }
    assert_eq!(all, [ptr::null(); 3], "ORACLE failure: a failed call wrote a text");
    Err(status)
}

fn use_all(identity: *mut c_void) {
    // SAFETY: every identity here is in memory of the size that it says itself.
    unsafe {
        let valid = abi::SspiValidateAuthIdentity(identity);
        assert!(valid == abi::OK || valid == abi::INVALID_PARAMETER, "ORACLE status");
        abi::SspiIsAuthIdentityEncrypted(identity);
        let said = strings(identity);
        assert_eq!(said.is_ok(), valid == abi::OK, "ORACLE valid: not what strings say");
        let mut copy = ptr::null_mut();
        let copied = abi::SspiCopyAuthIdentity(identity, &mut copy);
        assert_eq!(copied, valid, "ORACLE valid: not what a copy says");
        acquire(identity, valid == abi::OK);
        credman(identity);
        exclude(identity);
        if let Ok(said) = said {
            check_copy(identity, copy, &said);
            abi::SspiFreeAuthIdentity(copy);
        }
        abi::SspiZeroAuthIdentity(identity);
    }
}

/// Holds a copy against what the original says, also encrypted and as bytes.
unsafe fn check_copy(identity: *mut c_void, copy: *mut c_void, said: &Strings) {
    let check = |identity: *mut c_void, words: &str| {
        let mut found = strings(identity).expect("ORACLE strings");
        if fault::is("domain-lost") {
            found[1] = None;
        }
        assert!(found == *said, "ORACLE strings: {words}: {found:?} of {said:?}");
    };
    check(copy, "a copy");
    // SAFETY: as the caller's.
    unsafe {
        let (mut user, mut all) = (2, 2);
        let status = abi::SspiCompareAuthIdentities(identity, copy, &mut user, &mut all);
        assert_eq!((status, user, all), (abi::OK, 1, 1), "ORACLE compare");
        assert_eq!(abi::SspiEncryptAuthIdentity(copy), abi::OK, "ORACLE encrypt");
        check(copy, "an encrypted copy");
        let (mut length, mut bytes) = (0, ptr::null_mut());
        assert_eq!(abi::SspiMarshalAuthIdentity(copy, &mut length, &mut bytes), abi::OK);
        let mut again = ptr::null_mut();
        let taken = std::slice::from_raw_parts(bytes.cast::<u8>(), length as usize).to_vec();
        abi::SspiLocalFree(bytes.cast());
        let mut exact = Block::of(&taken);
        let start = exact.buffer(0).memory.cast();
        assert_eq!(abi::SspiUnmarshalAuthIdentity(length, start, &mut again), abi::OK);
        check(again, "bytes");
        assert_eq!(abi::SspiDecryptAuthIdentity(again), abi::OK, "ORACLE decrypt");
        assert_eq!(abi::SspiDecryptAuthIdentity(copy), abi::OK, "ORACLE decrypt");
        check(again, "decrypted");
        abi::SspiFreeAuthIdentity(again);
    }
}

/// Whether an identity makes a credential; never one that cannot be used.
fn acquire(identity: *mut c_void, valid: bool) {
    match place::acquire("WDigest", abi::OUTBOUND, identity, None) {
        Ok(credential) => {
            assert!(valid, "ORACLE valid: a credential of what cannot be used");
            place::free(credential);
        }
        Err(status) => assert_ne!(status, abi::INTERNAL_ERROR, "ORACLE status"),
    }
}

unsafe fn credman(identity: *mut c_void) {
    let (mut kind, mut size) = (0, 0);
    let (mut target, mut user, mut blob) = (ptr::null(), ptr::null(), ptr::null_mut());
    // SAFETY: as the caller's.
    unsafe {
        let status = abi::SspiPrepareForCredWrite(
            identity,
            ptr::null(),
            &mut kind,
            &mut target,
            &mut user,
            &mut blob,
            &mut size,
        );
        if status == abi::OK {
            take(target);
            take(user);
            abi::SspiLocalFree(blob.cast());
        }
    }
}

unsafe fn exclude(identity: *mut c_void) {
    let name: Vec<u16> = "NTLM\0".encode_utf16().collect();
    let mut changed = ptr::null_mut();
    // SAFETY: as the caller's.
    unsafe {
        if abi::SspiExcludePackage(identity, name.as_ptr(), &mut changed) == abi::OK {
            assert_eq!(abi::SspiValidateAuthIdentity(changed), abi::OK, "ORACLE exclude");
            abi::SspiFreeAuthIdentity(changed);
        }
    }
}

fn unmarshalled(input: &mut Input<'_>) {
    let mut bytes = Block::of(input.short());
    let length = u32::try_from(bytes.bytes().len()).unwrap();
    let mut identity = ptr::null_mut();
    // SAFETY: a block of exactly that size.
    let status = unsafe {
        abi::SspiUnmarshalAuthIdentity(length, bytes.buffer(0).memory.cast(), &mut identity)
    };
    if status == abi::OK {
        use_all(identity);
        // SAFETY: the library's own.
        unsafe { abi::SspiFreeAuthIdentity(identity) };
    } else {
        assert!(identity.is_null(), "ORACLE failure: a failed call wrote an identity");
    }
}

fn host(input: &mut Input<'_>) {
    let mut name: Vec<u16> = input.short().iter().map(|byte| u16::from(*byte).max(1)).collect();
    name.push(0);
    let mut host = ptr::null_mut();
    // SAFETY: a terminated text of exactly that size.
    let status = unsafe { abi::SspiGetTargetHostName(name.as_ptr(), &mut host) };
    if status == abi::OK {
        let found = take(host).expect("ORACLE host");
        assert!(!found.is_empty() && !found.contains(&u16::from(b'/')), "ORACLE host");
    }
}
