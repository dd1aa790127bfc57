use std::ptr::null_mut;

use super::*;
use crate::error::Status;
use crate::ffi::abi::identity::{SEC_WINNT_AUTH_IDENTITY_A, SEC_WINNT_AUTH_IDENTITY_EXA};
use crate::ffi::caller::identity::layout::pack;

mod wipe;

/// Strings in memory that ends with its last character.
pub(crate) fn wide(string: &str) -> Box<[u16]> {
    string.encode_utf16().collect()
}

pub(crate) fn start<T>(string: &mut Option<Box<[T]>>) -> *mut T {
    string.as_mut().map_or(null_mut(), |string| string.as_mut_ptr())
}

pub(crate) fn read<T>(structure: T) -> Result<Option<Identity>> {
    let exact = Box::new(structure);
    // SAFETY: the tests' structures state lengths that their strings have.
    unsafe { read_identity((&raw const *exact).cast()) }.map(|(identity, _)| identity)
}

pub(crate) fn strings(identity: &Identity) -> [Option<&str>; 3] {
    let password = identity.password.as_ref().map(|password| password.expose().as_str());
    [identity.user.as_deref(), identity.domain.as_deref(), password]
}

pub(crate) fn status<T>(result: Result<T>) -> Status {
    result.err().map_or(Status::OK, |error| error.status())
}

pub(crate) const NOTHING: SEC_WINNT_AUTH_IDENTITY_W = SEC_WINNT_AUTH_IDENTITY_W {
    User: null_mut(),
    UserLength: 0,
    Domain: null_mut(),
    DomainLength: 0,
    Password: null_mut(),
    PasswordLength: 0,
    Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
};

pub(crate) fn length<T>(string: Option<&[T]>) -> u32 {
    u32::try_from(string.map_or(0, <[T]>::len)).unwrap()
}

const ROWS: [[Option<&str>; 3]; 6] = [
    [Some("user"), Some("domain"), Some("password")],
    [Some("üser😀"), Some("dömain"), Some("pässword")],
    [Some("DOM\\user"), None, Some("p")],
    [Some("user"), Some(""), Some("")],
    [Some(""), None, Some("p")],
    [None, None, None],
];

#[test]
fn null_is_no_identity() {
    // SAFETY: NULL is allowed.
    assert!(unsafe { read_identity(std::ptr::null()) }.unwrap().0.is_none());
}

#[test]
fn wide_structures_are_read_without_terminators() {
    for row in ROWS {
        let mut texts_of_row = row.map(|string| string.map(wide));
        let [user, domain, password] = &mut texts_of_row;
        for extra in [0, 4, 8, 12] {
            let classic = SEC_WINNT_AUTH_IDENTITY_W {
                UserLength: length(user.as_deref()),
                User: start(user),
                DomainLength: length(domain.as_deref()),
                Domain: start(domain),
                PasswordLength: length(password.as_deref()),
                Password: start(password),
                Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE | extra,
            };
            let extended = SEC_WINNT_AUTH_IDENTITY_EXW {
                Version: SEC_WINNT_AUTH_IDENTITY_VERSION,
                Length: u32::try_from(size_of::<SEC_WINNT_AUTH_IDENTITY_EXW>()).unwrap(),
                User: classic.User,
                UserLength: classic.UserLength,
                Domain: classic.Domain,
                DomainLength: classic.DomainLength,
                Password: classic.Password,
                PasswordLength: classic.PasswordLength,
                Flags: classic.Flags,
                PackageList: null_mut(),
                PackageListLength: 0,
            };
            assert!(strings(&read(classic).unwrap().unwrap()) == row);
            assert!(strings(&read(extended).unwrap().unwrap()) == row);
        }
    }
}

#[cfg(unix)]
#[test]
fn narrow_structures_are_read_without_terminators() {
    for row in ROWS {
        let mut texts_of_row =
            row.map(|string| string.map(|string| Box::<[u8]>::from(string.as_bytes())));
        let [user, domain, password] = &mut texts_of_row;
        let classic = SEC_WINNT_AUTH_IDENTITY_A {
            UserLength: length(user.as_deref()),
            User: start(user),
            DomainLength: length(domain.as_deref()),
            Domain: start(domain),
            PasswordLength: length(password.as_deref()),
            Password: start(password),
            Flags: SEC_WINNT_AUTH_IDENTITY_ANSI,
        };
        let extended = SEC_WINNT_AUTH_IDENTITY_EXA {
            Version: SEC_WINNT_AUTH_IDENTITY_VERSION,
            Length: u32::try_from(size_of::<SEC_WINNT_AUTH_IDENTITY_EXA>()).unwrap(),
            User: classic.User,
            UserLength: classic.UserLength,
            Domain: classic.Domain,
            DomainLength: classic.DomainLength,
            Password: classic.Password,
            PasswordLength: classic.PasswordLength,
            Flags: classic.Flags,
            PackageList: null_mut(),
            PackageListLength: 0,
        };
        assert!(strings(&read(classic).unwrap().unwrap()) == row);
        assert!(strings(&read(extended).unwrap().unwrap()) == row);
    }
}

#[test]
fn blocks_are_read_whoever_made_them_at_any_alignment() {
    for row in ROWS {
        let [user, domain, password] = row.map(|string| string.map(str::to_owned));
        let identity = Identity { user, domain, password: password.map(Secret::new) };
        let image = pack(&IdentityParts { identity, ..IdentityParts::default() }).unwrap();
        let mut shifted = vec![0];
        shifted.extend_from_slice(&image);
        let shifted = shifted.into_boxed_slice();
        for bytes in [&image[..], &shifted[1..]] {
            // SAFETY: the bytes are all of the structure.
            let read = unsafe { read_identity(bytes.as_ptr().cast()) }.unwrap().0.unwrap();
            assert!(strings(&read) == row);
        }
    }
}

#[test]
fn r63_flags_with_neither_or_both_encodings_are_unknown_credentials() {
    for flags in [0, 3, 4, 8, 12, 7, 0xFFFF_FFFF, 0x12, 0x22, 0x42, 0x82] {
        let result = read(SEC_WINNT_AUTH_IDENTITY_W { Flags: flags, ..NOTHING });
        assert_eq!(status(result), Status::UNKNOWN_CREDENTIALS, "{flags:#x}");
    }
}

#[test]
fn r63_a_length_without_string_is_unknown_credentials() {
    for (user, domain, password) in [(1, 0, 0), (0, 1, 0), (0, 0, 1), (u32::MAX, 0, 0)] {
        let result = read(SEC_WINNT_AUTH_IDENTITY_W {
            UserLength: user,
            DomainLength: domain,
            PasswordLength: password,
            ..NOTHING
        });
        assert_eq!(status(result), Status::UNKNOWN_CREDENTIALS);
    }
}

#[test]
fn r63_lengths_over_32767_are_unknown_credentials_and_nothing_is_read() {
    let mut string = Some(wide("a"));
    for characters in [32768, 65536, 0x7FFF_FFFF, 0x8000_0000, u32::MAX] {
        for encoding in [SEC_WINNT_AUTH_IDENTITY_ANSI, SEC_WINNT_AUTH_IDENTITY_UNICODE] {
            let result = read(SEC_WINNT_AUTH_IDENTITY_W {
                Password: start(&mut string),
                PasswordLength: characters,
                Flags: encoding,
                ..NOTHING
            });
            assert_eq!(status(result), Status::UNKNOWN_CREDENTIALS, "{characters}");
        }
    }
    let mut longest = Some(wide(&"a".repeat(MAX_CHARACTERS)));
    let structure =
        SEC_WINNT_AUTH_IDENTITY_W { User: start(&mut longest), UserLength: 32767, ..NOTHING };
    assert_eq!(read(structure).unwrap().unwrap().user.map(|user| user.len()), Some(32767));
}

#[test]
fn r63_unpaired_surrogates_are_unknown_credentials() {
    for units in [&[0xD83D_u16][..], &[0xDE00], &[0x41, 0xD83D], &[0xDE00, 0xD83D]] {
        let mut string = Some(Box::<[u16]>::from(units));
        let characters = length(string.as_deref());
        let result = read(SEC_WINNT_AUTH_IDENTITY_W {
            Domain: start(&mut string),
            DomainLength: characters,
            ..NOTHING
        });
        assert_eq!(status(result), Status::UNKNOWN_CREDENTIALS);
    }
}

#[test]
fn r63_extended_with_wrong_length_is_unknown_credentials() {
    let size = u32::try_from(size_of::<SEC_WINNT_AUTH_IDENTITY_EXW>()).unwrap();
    let extended = |length| SEC_WINNT_AUTH_IDENTITY_EXW {
        Version: SEC_WINNT_AUTH_IDENTITY_VERSION,
        Length: length,
        User: null_mut(),
        UserLength: 0,
        Domain: null_mut(),
        DomainLength: 0,
        Password: null_mut(),
        PasswordLength: 0,
        Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
        PackageList: null_mut(),
        PackageListLength: 0,
    };
    for length in [0, 4, size - 1, 0x1_0001, 0x7FFF_FFFF, u32::MAX] {
        assert_eq!(status(read(extended(length))), Status::UNKNOWN_CREDENTIALS, "{length}");
    }
    assert_eq!(status(read(extended(size))), Status::OK);
    assert_eq!(status(read(extended(size + 8))), Status::OK);
    // No more than the two ULONGs is read of one that says it has no more.
    let short: Box<[u32]> =
        vec![0x200; if cfg!(target_pointer_width = "64") { 12 } else { 2 }].into();
    let mut short = short;
    short[1] = 8;
    // SAFETY: the structure is longer than it says.
    let result = unsafe { read_identity(short.as_ptr().cast()) };
    assert_eq!(status(result), Status::UNKNOWN_CREDENTIALS);
}

#[test]
fn r63_blocks_with_wrong_sizes_are_unknown_credentials() {
    let block = |header: u16, whole: u32| SEC_WINNT_AUTH_IDENTITY_EX2 {
        Version: SEC_WINNT_AUTH_IDENTITY_VERSION_2,
        cbHeaderLength: header,
        cbStructureLength: whole,
        Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
        ..SEC_WINNT_AUTH_IDENTITY_EX2::default()
    };
    for (header, whole) in
        [(0, 48), (47, 48), (48, 0), (48, 47), (49, 48), (48, 0x5_0001), (48, u32::MAX), (0, 0)]
    {
        let result = read(block(header, whole));
        assert_eq!(status(result), Status::UNKNOWN_CREDENTIALS, "{header} {whole}");
    }
    assert!(strings(&read(block(48, 48)).unwrap().unwrap()) == [None; 3]);
}

#[test]
fn r63_a_block_of_ours_that_says_it_is_longer_is_unknown_credentials() {
    let identity = Identity { user: Some("u".to_owned()), ..Identity::default() };
    let image = pack(&IdentityParts { identity, ..IdentityParts::default() }).unwrap();
    for extra in [0, 1, 1000] {
        let mut block = memory::ContextBuffer::holding(&image).unwrap();
        let whole = u32::try_from(image.len()).unwrap() + extra;
        block.bytes_mut()[8..12].copy_from_slice(&whole.to_ne_bytes());
        let pointer = block.release();
        // SAFETY: a block of ours.
        let result = unsafe { read_identity(pointer) };
        assert_eq!(result.is_ok(), extra == 0);
        memory::free(pointer).unwrap();
    }
    for size in [0, 1, 4, 47] {
        let pointer = memory::ContextBuffer::zeroed(size).unwrap().release();
        // SAFETY: a block of ours.
        let result = unsafe { read_identity(pointer) };
        assert_eq!(status(result), Status::UNKNOWN_CREDENTIALS);
        memory::free(pointer).unwrap();
    }
}

#[cfg(target_pointer_width = "64")]
#[test]
fn forms_are_told_apart_by_the_first_ulong_unless_it_is_half_a_pointer() {
    let evidence = |version, size, third, flags| Evidence { version, size, third, flags };
    let rows = [
        // The numbers themselves, with right and with wrong sizes.
        (evidence(0x200, 72, 0x5555_1234, 0x5555), IdentityForm::Extended),
        (evidence(0x200, 72, 5, 2), IdentityForm::Extended),
        (evidence(0x200, 0, 5, 2), IdentityForm::Extended),
        (evidence(0x200, u32::MAX, 5, 2), IdentityForm::Extended),
        (evidence(0x200, 80, 0x5555_1234, 2), IdentityForm::Extended),
        (evidence(0x201, 48, 100, 1), IdentityForm::Block),
        (evidence(0x201, 48, 0, 0), IdentityForm::Block),
        (evidence(0x201, 0, 100, 1), IdentityForm::Block),
        (evidence(0x201, 64, 100, 2), IdentityForm::Block),
        // Anything else is half a pointer, or all of a NULL one.
        (evidence(0, 0, 0, 0), IdentityForm::Classic),
        (evidence(0x202, 72, 5, 2), IdentityForm::Classic),
        (evidence(0x5555_0200, 72, 5, 2), IdentityForm::Classic),
        // User pointers that end in the numbers.
        (evidence(0x200, 0x7FFF, 5, 2), IdentityForm::Classic),
        (evidence(0x200, 0x5555, 32767, 1), IdentityForm::Classic),
        (evidence(0x200, 0x5555, 5, 2 | 8), IdentityForm::Classic),
        (evidence(0x201, 0x5555, 5, 1), IdentityForm::Classic),
        // Not plausible as a classic structure either.
        (evidence(0x200, 0x5555, 0, 2), IdentityForm::Extended),
        (evidence(0x200, 0x5555, 32768, 2), IdentityForm::Extended),
        (evidence(0x200, 0x5555, 5, 3), IdentityForm::Extended),
        (evidence(0x200, 0x8000, 5, 2), IdentityForm::Extended),
        (evidence(0x201, 0x5555, 5, 2), IdentityForm::Block),
    ];
    for (evidence, expected) in rows {
        assert_eq!(form(evidence), expected);
    }
}

/// StringSet with zeros: terminators that the length counts, and others.
const ZEROS: [&str; 6] = ["a\0", "a\0\0\0\0", "\0", "a\0b", "a\0b\0", "\0a"];

/// Each of the four strings in turn, in each form and encoding.
#[test]
fn zeros_are_unknown_credentials() {
    for string in ZEROS {
        let (mut units, mut bytes) = (wide(string), Box::<[u8]>::from(string.as_bytes()));
        for (place, encoding) in (0..4).flat_map(|place| {
            [(place, SEC_WINNT_AUTH_IDENTITY_UNICODE), (place, SEC_WINNT_AUTH_IDENTITY_ANSI)]
        }) {
            let start: *mut c_void = if encoding == SEC_WINNT_AUTH_IDENTITY_ANSI {
                bytes.as_mut_ptr().cast()
            } else {
                units.as_mut_ptr().cast()
            };
            let count = length(Some(string.as_bytes()));
            let here = |other| if other == place { (start.cast(), count) } else { (null_mut(), 0) };
            let extended = SEC_WINNT_AUTH_IDENTITY_EXW {
                Version: SEC_WINNT_AUTH_IDENTITY_VERSION,
                Length: u32::try_from(size_of::<SEC_WINNT_AUTH_IDENTITY_EXW>()).unwrap(),
                User: here(0).0,
                UserLength: here(0).1,
                Domain: here(1).0,
                DomainLength: here(1).1,
                Password: here(2).0,
                PasswordLength: here(2).1,
                Flags: encoding,
                PackageList: here(3).0,
                PackageListLength: here(3).1,
            };
            let classic = SEC_WINNT_AUTH_IDENTITY_W {
                User: extended.User,
                UserLength: extended.UserLength,
                Domain: extended.Domain,
                DomainLength: extended.DomainLength,
                Password: extended.Password,
                PasswordLength: extended.PasswordLength,
                Flags: encoding,
            };
            // SAFETY: the structures state the lengths that the string has.
            let mut all = vec![unsafe { read_parts((&raw const extended).cast()) }];
            if place < 3 {
                // SAFETY: as above.
                all.push(unsafe { read_parts((&raw const classic).cast()) });
            }
            for read in all {
                assert_eq!(status(read), Status::UNKNOWN_CREDENTIALS, "{string:?} at {place}");
            }
        }
    }
}

#[test]
fn package_lists_are_read_with_the_identity() {
    let mut list = wide("!Kerberos");
    let extended = SEC_WINNT_AUTH_IDENTITY_EXW {
        Version: SEC_WINNT_AUTH_IDENTITY_VERSION,
        Length: u32::try_from(size_of::<SEC_WINNT_AUTH_IDENTITY_EXW>()).unwrap(),
        User: null_mut(),
        UserLength: 0,
        Domain: null_mut(),
        DomainLength: 0,
        Password: null_mut(),
        PasswordLength: 0,
        Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
        PackageList: list.as_mut_ptr(),
        PackageListLength: length(Some(&list)),
    };
    // SAFETY: the structure states the lengths that its strings have.
    let (identity, packages) = unsafe { read_identity((&raw const extended).cast()) }.unwrap();
    assert!(identity.is_some() && !packages.allows(&["Kerberos"]) && packages.allows(&["NTLM"]));
    // SAFETY: NULL is allowed.
    let (_, packages) = unsafe { read_identity(std::ptr::null()) }.unwrap();
    assert!(!packages.restricts());
}
