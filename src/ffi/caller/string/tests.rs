use super::*;

fn read_wide(units: &[u16]) -> Result<Option<String>, MalformedString> {
    let exact: Box<[u16]> = units.into();
    // SAFETY: the box ends with its terminator, or is as long as is ever read.
    unsafe { wide(exact.as_ptr()) }
}

#[test]
fn wide_string_ends_at_its_terminator() {
    assert_eq!(read_wide(&[0x41, 0xE9, 0xD83D, 0xDE00, 0]), Ok(Some("Aé😀".to_owned())));
    assert_eq!(read_wide(&[0]), Ok(Some(String::new())));
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { wide(std::ptr::null()) }, Ok(None));
}

#[test]
fn r63_unpaired_surrogates_are_malformed() {
    for units in [&[0xD83D, 0][..], &[0xDE00, 0], &[0xD83D, 0x41, 0], &[0xDE00, 0xD83D, 0]] {
        assert_eq!(read_wide(units), Err(MalformedString::UnpairedSurrogate));
    }
}

#[test]
fn r63_longer_than_32767_is_malformed() {
    let mut longest = vec![0x41; MAX_CHARACTERS];
    longest.push(0);
    assert_eq!(
        read_wide(&longest).map(|string| string.map(|string| string.len())),
        Ok(Some(32767))
    );
    assert_eq!(read_wide(&vec![0x41; MAX_CHARACTERS + 1]), Err(MalformedString::TooLong));
    let bytes = vec![b'a'; MAX_CHARACTERS + 1];
    // SAFETY: the vector is as long as said, and as is ever read.
    unsafe {
        assert_eq!(narrow_counted(bytes.as_ptr(), bytes.len()), Err(MalformedString::TooLong));
    }
    // SAFETY: as above.
    unsafe {
        assert_eq!(narrow(bytes.as_ptr()), Err(MalformedString::TooLong));
    }
}

#[test]
fn r63_counted_string_needs_no_terminator_and_no_alignment() {
    let units = [0x41_u16, 0x42].into_iter().flat_map(u16::to_ne_bytes);
    let bytes: Box<[u8]> = [0].into_iter().chain(units).collect();
    // SAFETY: two units begin at the second byte.
    let string = unsafe { wide_counted(bytes.as_ptr().wrapping_add(1).cast(), 2) };
    assert_eq!(string, Ok(Some("AB".to_owned())));
}

#[test]
fn a_length_without_string_is_malformed() {
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { wide_counted(std::ptr::null(), 1) }, Err(MalformedString::NoText));
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { narrow_counted(std::ptr::null(), 0) }, Ok(None));
}

#[cfg(unix)]
#[test]
fn narrow_string_is_utf8_or_else_latin1() {
    for (bytes, string) in
        [(&b"abc\0"[..], "abc"), (b"\xC3\xA9\0", "é"), (b"\xE9\0", "é"), (b"\0", "")]
    {
        let exact: Box<[u8]> = bytes.into();
        // SAFETY: the box ends with its terminator.
        let read = unsafe { narrow(exact.as_ptr()) };
        assert_eq!(read, Ok(Some(string.to_owned())));
    }
    assert_eq!(to_narrow("é"), b"\xC3\xA9");
    assert_eq!(to_wide("😀"), [0xD83D, 0xDE00]);
}

#[test]
fn a_name_is_told_as_it_is_or_not_at_all() {
    for form in [StringForm::Wide, StringForm::Narrow] {
        for name in ["", "alice", "r\\jäger", "żółw", "😀"] {
            // What the code page of Windows lacks is told by the W function alone.
            let told = form.exact_block(name);
            assert!(told.is_ok() || cfg!(windows) && form == StringForm::Narrow, "{name}");
        }
        for name in ["\0", "alice\0", "ali\0ce", "jäger\0"] {
            let refused = form.exact_block(name).err().map(|error| error.status());
            assert_eq!(refused, Some(Status::UNSUPPORTED_FUNCTION), "{name:?}");
        }
    }
}
