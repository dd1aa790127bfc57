use super::*;
use crate::ffi::abi::identity::SEC_WINNT_AUTH_IDENTITY_MARSHALLED;

fn parts(strings: [Option<&str>; 4]) -> IdentityParts {
    let [user, domain, password, packages] = strings.map(|string| string.map(str::to_owned));
    let identity = Identity { user, domain, password: password.map(Secret::new) };
    IdentityParts { identity, packages, ..IdentityParts::default() }
}

fn strings(parts: &IdentityParts) -> [Option<&str>; 4] {
    let IdentityParts { identity, packages, .. } = parts;
    let password = identity.password.as_ref().map(|password| password.expose().as_str());
    [identity.user.as_deref(), identity.domain.as_deref(), password, packages.as_deref()]
}

const FULL: [Option<&str>; 4] = [Some("Ada"), Some("LAB"), Some("pässwörd😀"), Some("!NTLM")];

fn image() -> Zeroizing<Vec<u8>> {
    pack(&parts(FULL)).unwrap()
}

/// The status of reading `image` after `change` of its header.
fn changed(change: impl FnOnce(&mut SEC_WINNT_AUTH_IDENTITY_EX2)) -> Result<IdentityParts> {
    let mut image = image();
    let mut header = header(&image).unwrap();
    change(&mut header);
    image[..HEADER].copy_from_slice(&header_bytes(&header));
    unpack(image)
}

fn status(result: Result<IdentityParts>) -> Status {
    result.err().map_or(Status::OK, |error| error.status())
}

#[test]
fn what_is_packed_is_unpacked() {
    let longest = "a".repeat(MAX_CHARACTERS);
    let rows = [
        FULL,
        [Some("u"), None, None, None],
        [None, Some("d"), None, None],
        [None, None, Some("p"), None],
        [None, None, None, Some("!Negotiate")],
        [Some(""), Some(""), Some(""), Some("")],
        [Some("u"), Some(""), Some("p"), None],
        [None; 4],
        [Some(longest.as_str()); 4],
    ];
    for row in rows {
        let read = unpack(pack(&parts(row)).unwrap()).unwrap();
        assert!(strings(&read) == row);
        assert!(!read.sealed);
        let sealed = pack(&IdentityParts { sealed: true, ..parts(row) }).unwrap();
        let read = unpack(sealed).unwrap();
        assert!(strings(&read) == row);
        assert!(read.sealed);
    }
}

#[test]
fn the_image_is_laid_out_as_windows_has_it() {
    let image = pack(&parts([Some("u"), None, Some("pw"), None])).unwrap();
    let header = header(&image).unwrap();
    assert_eq!(
        header,
        SEC_WINNT_AUTH_IDENTITY_EX2 {
            Version: 0x201,
            cbHeaderLength: 48,
            cbStructureLength: 48 + 2 + 4 + 40,
            UserOffset: 48,
            UserLength: 2,
            PackedCredentialsOffset: 50,
            PackedCredentialsLength: 4,
            Flags: 0x4_0002,
            ..SEC_WINNT_AUTH_IDENTITY_EX2::default()
        }
    );
    // In the machine's order, as C reads it.
    assert_eq!(&image[..4], 0x201_u32.to_ne_bytes());
    assert_eq!(&image[4..8], [48_u16, 0].map(u16::to_ne_bytes).concat());
    assert_eq!(&image[48..54], "upw".encode_utf16().flat_map(u16::to_ne_bytes).collect::<Vec<_>>());
}

#[test]
fn copies_keep_what_flags_ask_of_the_credentials() {
    let kept = SEC_WINNT_AUTH_IDENTITY_ONLY | 0x8000_0000;
    let given = kept | SEC_WINNT_AUTH_IDENTITY_MARSHALLED | SEC_WINNT_AUTH_IDENTITY_ANSI | 0x10;
    let image = pack(&IdentityParts { flags: given, ..parts(FULL) }).unwrap();
    assert_eq!(header(&image).unwrap().Flags, kept | SEC_WINNT_AUTH_IDENTITY_UNICODE);
    assert_eq!(unpack(image).unwrap().flags, kept);
}

#[test]
fn r63_longer_than_32767_is_refused() {
    let long = "a".repeat(MAX_CHARACTERS + 1);
    for place in 0..4 {
        let mut row = FULL;
        row[place] = Some(&long);
        assert_eq!(pack(&parts(row)).unwrap_err().status(), Status::INVALID_PARAMETER);
    }
}

#[test]
fn r63_wrong_sizes_offsets_and_flags_are_unknown_credentials() {
    type Change = fn(&mut SEC_WINNT_AUTH_IDENTITY_EX2);
    let bad: [(&str, Change); 25] = [
        ("version 0", |h| h.Version = 0),
        ("version EX", |h| h.Version = 0x200),
        ("version to come", |h| h.Version = 0x202),
        ("no header", |h| h.cbHeaderLength = 0),
        ("a short header", |h| h.cbHeaderLength = 47),
        ("a header longer than all", |h| h.cbHeaderLength = u16::MAX),
        ("no structure", |h| h.cbStructureLength = 0),
        ("a structure shorter than its header", |h| h.cbStructureLength = 47),
        ("a structure that ends before its string", |h| h.cbStructureLength = 60),
        ("a structure one byte longer", |h| h.cbStructureLength += 1),
        ("the longest structure", |h| h.cbStructureLength = u32::MAX),
        ("string in the header", |h| h.UserOffset = 47),
        ("string at zero", |h| h.UserOffset = 0),
        ("string at the end", |h| h.UserOffset = h.cbStructureLength),
        ("string one byte over the end", |h| h.DomainOffset = h.cbStructureLength - 5),
        ("string far away", |h| h.DomainOffset = u32::MAX),
        ("string that is too long", |h| h.DomainLength = u16::MAX),
        ("half a character", |h| h.UserLength = 5),
        ("a password at the end", |h| h.PackedCredentialsOffset = u32::MAX - 1),
        ("a long password", |h| h.PackedCredentialsLength = u16::MAX),
        ("a package list at the end", |h| h.PackageListOffset = h.cbStructureLength - 1),
        ("neither encoding", |h| h.Flags &= !2),
        ("both encodings", |h| h.Flags |= 1),
        ("a user said to be absent", |h| h.Flags |= 0x2_0000),
        ("a domain said to be absent", |h| h.Flags |= 0x4_0000),
    ];
    assert_eq!(status(changed(|_| {})), Status::OK);
    for (what, change) in bad {
        assert_eq!(status(changed(change)), Status::UNKNOWN_CREDENTIALS, "{what}");
    }
    for foreign in [0x20, 0x40, 0x80, 0x10] {
        let read = changed(|header| header.Flags |= foreign);
        assert_eq!(status(read), Status::UNKNOWN_CREDENTIALS, "encrypted {foreign:#x}");
    }
}

#[test]
fn r63_every_truncation_is_unknown_credentials() {
    let whole = image();
    for length in 0..whole.len() {
        let cut = Zeroizing::new(whole[..length].to_vec());
        assert_eq!(status(unpack(cut)), Status::UNKNOWN_CREDENTIALS, "{length}");
    }
}

#[test]
fn no_byte_makes_reading_panic() {
    let whole = image();
    for at in 0..whole.len() {
        for value in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut image = whole.clone();
            image[at] = value;
            let _ = unpack(image.clone());
            let _ = seal::seal(&mut image.clone());
            let _ = seal::open(&mut image);
        }
    }
}

#[test]
fn r63_unpaired_surrogates_are_unknown_credentials() {
    for units in [&[0xD83D_u16][..], &[0xDE00], &[0x41, 0xD83D, 0x42], &[0xDE00, 0xD83D]] {
        let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_ne_bytes()).collect();
        let error = decode(&bytes, StringEncoding::Wide).unwrap_err();
        assert_eq!(error.status(), Status::UNKNOWN_CREDENTIALS);
        let mut image = pack(&parts([Some("abcd"), None, None, None])).unwrap();
        image[HEADER..HEADER + bytes.len()].copy_from_slice(&bytes);
        assert_eq!(status(unpack(image)), Status::UNKNOWN_CREDENTIALS);
    }
}

#[test]
fn ansi_string_is_read_by_its_flag() {
    // The zeros of its UTF-16 are inside of the ANSI string.
    let ansi = changed(|header| header.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI);
    assert_eq!(status(ansi), Status::UNKNOWN_CREDENTIALS);
    // The byte of a unit that is the letter.
    let letter = u32::from(cfg!(target_endian = "big"));
    let ansi = changed(|header| {
        header.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
        header.UserOffset += letter;
        header.DomainOffset += letter;
        header.PackedCredentialsOffset += letter;
        header.PackageListOffset += letter;
        header.UserLength = 1;
        header.DomainLength = 1;
        header.PackedCredentialsLength = 1;
        header.PackageListLength = 1;
    });
    assert_eq!(ansi.unwrap().identity.user.as_deref(), Some("A"));
}

#[test]
fn zeros_in_a_block_s_strings_are_unknown_credentials() {
    for (sealed, string) in [(false, "a\0"), (false, "\0"), (false, "a\0b"), (true, "a\0")] {
        for place in 0..4 {
            let mut strings = FULL;
            strings[place] = Some(string);
            let image = pack(&IdentityParts { sealed, ..parts(strings) }).unwrap();
            assert_eq!(status(unpack(image)), Status::UNKNOWN_CREDENTIALS, "{string:?} at {place}");
        }
    }
}

#[test]
fn the_flags_for_absent_strings_may_stand_beside_an_offset() {
    let mut image = pack(&parts([Some(""), Some(""), None, None])).unwrap();
    let mut header = header(&image).unwrap();
    header.Flags |= 0x6_0000;
    image[..HEADER].copy_from_slice(&header_bytes(&header));
    let read = unpack(image).unwrap();
    assert_eq!(strings(&read), [None; 4]);
}

#[test]
fn packed_credentials_that_are_no_password_are_unknown_credentials() {
    let packed: String = [28, 60].into_iter().map(|unit| char::from_u32(unit).unwrap()).collect();
    let packed = packed + &"x".repeat(28);
    let image = pack(&parts([Some("u"), None, Some(&packed), None])).unwrap();
    assert_eq!(status(unpack(image)), Status::UNKNOWN_CREDENTIALS);
    let other = pack(&parts([Some("u"), None, Some(&packed[1..]), None])).unwrap();
    assert_eq!(status(unpack(other)), Status::OK);
}
