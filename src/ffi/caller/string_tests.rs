use super::*;

fn read_wide(units: &[u16]) -> Result<Option<String>, Malformed> {
    let exact: Box<[u16]> = units.into();
    // SAFETY: the box ends with its terminator, or is as long as is ever read.
    unsafe { wide(exact.as_ptr()) }
}

#[test]
fn wide_text_ends_at_its_terminator() {
    assert_eq!(read_wide(&[0x41, 0xE9, 0xD83D, 0xDE00, 0]), Ok(Some("Aé😀".to_owned())));
    assert_eq!(read_wide(&[0]), Ok(Some(String::new())));
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { wide(std::ptr::null()) }, Ok(None));
}

#[test]
fn r63_unpaired_surrogates_are_malformed() {
    for units in [&[0xD83D, 0][..], &[0xDE00, 0], &[0xD83D, 0x41, 0], &[0xDE00, 0xD83D, 0]] {
        assert_eq!(read_wide(units), Err(Malformed::UnpairedSurrogate));
    }
}

#[test]
fn r63_longer_than_32767_is_malformed() {
    let mut longest = vec![0x41; MAX_CHARACTERS];
    longest.push(0);
    assert_eq!(read_wide(&longest).map(|text| text.map(|text| text.len())), Ok(Some(32767)));
    assert_eq!(read_wide(&vec![0x41; MAX_CHARACTERS + 1]), Err(Malformed::TooLong));
    let octets = vec![b'a'; MAX_CHARACTERS + 1];
    // SAFETY: the vector is as long as said, and as is ever read.
    unsafe {
        assert_eq!(narrow_counted(octets.as_ptr(), octets.len()), Err(Malformed::TooLong));
    }
    // SAFETY: as above.
    unsafe {
        assert_eq!(narrow(octets.as_ptr()), Err(Malformed::TooLong));
    }
}

#[test]
fn r63_counted_text_needs_no_terminator_and_no_alignment() {
    let octets: Box<[u8]> = Box::new([0, 0x41, 0, 0x42, 0]);
    // SAFETY: two units begin at the second octet.
    let text = unsafe { wide_counted(octets.as_ptr().wrapping_add(1).cast(), 2) };
    assert_eq!(text, Ok(Some("AB".to_owned())));
}

#[test]
fn a_length_without_text_is_malformed() {
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { wide_counted(std::ptr::null(), 1) }, Err(Malformed::NoText));
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { narrow_counted(std::ptr::null(), 0) }, Ok(None));
}

#[cfg(unix)]
#[test]
fn narrow_text_is_utf8_or_else_latin1() {
    for (octets, text) in
        [(&b"abc\0"[..], "abc"), (b"\xC3\xA9\0", "é"), (b"\xE9\0", "é"), (b"\0", "")]
    {
        let exact: Box<[u8]> = octets.into();
        // SAFETY: the box ends with its terminator.
        let read = unsafe { narrow(exact.as_ptr()) };
        assert_eq!(read, Ok(Some(text.to_owned())));
    }
    assert_eq!(to_narrow("é"), b"\xC3\xA9");
    assert_eq!(to_wide("😀"), [0xD83D, 0xDE00]);
}

#[test]
fn a_name_is_told_as_it_is_or_not_at_all() {
    for form in [Form::Wide, Form::Narrow] {
        for name in ["", "alice", "r\\jäger", "żółw", "😀"] {
            // What the code page of Windows lacks is told by the W function alone.
            let told = form.exact_block(name);
            assert!(told.is_ok() || cfg!(windows) && form == Form::Narrow, "{name}");
        }
        for name in ["\0", "alice\0", "ali\0ce", "jäger\0"] {
            let refused = form.exact_block(name).err().map(|error| error.status());
            assert_eq!(refused, Some(Status::UNSUPPORTED_FUNCTION), "{name:?}");
        }
    }
}
