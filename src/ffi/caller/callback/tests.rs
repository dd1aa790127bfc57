//! `pGetKeyFn`: every way to keep its contract, and to break it.

use std::sync::Mutex;

use super::*;
use crate::testing::calls::NOTHING;

/// User, domain, version, and the buffer's length and type on entry.
type Seen = (Vec<u8>, Vec<u8>, ULONG, ULONG, ULONG);

/// What the program's function is to do in a test, and what it saw.
struct Program {
    answer: fn(&mut SecBuffer, &mut *mut c_void, &mut SECURITY_STATUS),
    saw: Mutex<Vec<Seen>>,
}

unsafe extern "system-unwind" fn function(
    argument: *mut c_void,
    principal: *mut c_void,
    version: ULONG,
    key: *mut *mut c_void,
    status: *mut SECURITY_STATUS,
) {
    // SAFETY: the argument of these tests.
    let program = unsafe { &*argument.cast::<Program>() };
    // SAFETY: both structures have the same layout; the contract.
    let identity = unsafe { principal.cast::<SEC_WINNT_AUTH_IDENTITY_W>().read() };
    // SAFETY: the contract.
    let key = unsafe { &mut *key };
    // SAFETY: the contract.
    let buffer = unsafe { &mut *key.cast::<SecBuffer>() };
    assert!(identity.Password.is_null() && identity.PasswordLength == 0);
    let width = if identity.Flags == SEC_WINNT_AUTH_IDENTITY_UNICODE { 2 } else { 1 };
    let string = |start: *mut u16, length: ULONG| {
        // With its terminator.
        let bytes = width * (usize::try_from(length).unwrap() + 1);
        // SAFETY: the contract.
        unsafe { std::slice::from_raw_parts(start.cast::<u8>(), bytes) }.to_vec()
    };
    program.saw.lock().unwrap().push((
        string(identity.User, identity.UserLength),
        string(identity.Domain, identity.DomainLength),
        version,
        buffer.cbBuffer,
        buffer.BufferType,
    ));
    // SAFETY: the contract.
    (program.answer)(buffer, key, unsafe { &mut *status });
}

fn put(buffer: &mut SecBuffer, kind: u32, bytes: &[u8], status: &mut SECURITY_STATUS) {
    // SAFETY: the contract: there are 1024 zeroed bytes, and these tests write fewer.
    let memory = unsafe { std::slice::from_raw_parts_mut(buffer.pvBuffer.cast::<u8>(), 1024) };
    assert!(memory.iter().all(|byte| *byte == 0));
    memory[..bytes.len()].copy_from_slice(bytes);
    buffer.cbBuffer = u32::try_from(bytes.len()).unwrap();
    buffer.BufferType = kind;
    *status = 0;
}

type Behaviour = fn(&mut SecBuffer, &mut *mut c_void, &mut SECURITY_STATUS);

fn ask_as(
    form: StringForm,
    algorithm: Algorithm,
    user: &[u8],
    answer: Behaviour,
) -> (Result<Option<Stored>, Unavailable>, Program) {
    let program = Program { answer, saw: Mutex::default() };
    let argument = (&raw const program).cast_mut().cast();
    let source = KeyFunction::new(Some(function), argument, form).unwrap();
    let found = source.find(&Account { user, realm: b"realm" }, algorithm);
    (found, program)
}

fn ask(form: StringForm, answer: Behaviour) -> Result<Option<Stored>, Unavailable> {
    ask_as(form, Algorithm::Md5, b"alice", answer).0
}

#[track_caller]
fn password(found: Result<Option<Stored>, Unavailable>) -> String {
    match found.unwrap().unwrap() {
        Stored::Password(password) => password.expose().clone(),
        Stored::Hash(_) => panic!("a hash"),
    }
}

fn wide(string: &str) -> Vec<u8> {
    string.encode_utf16().flat_map(u16::to_ne_bytes).collect()
}

#[test]
fn the_program_sees_the_account_in_its_encoding() {
    let nobody: Behaviour = |_, _, status| *status = 0;
    let (found, program) = ask_as(StringForm::Wide, Algorithm::Md5, "é".as_bytes(), nobody);
    assert!(found.unwrap().is_none());
    assert_eq!(program.saw.lock().unwrap()[0], (wide("é\0"), wide("realm\0"), 0, 1024, 0));
    // Not UTF-8: ISO 8859-1.
    let (_, program) = ask_as(StringForm::Wide, Algorithm::Md5, b"\xE9", nobody);
    assert_eq!(program.saw.lock().unwrap()[0].0, wide("é\0"));
}

#[cfg(unix)]
#[test]
fn the_program_sees_the_account_in_utf8() {
    let nobody: Behaviour = |_, _, status| *status = 0;
    let (_, program) = ask_as(StringForm::Narrow, Algorithm::Md5, b"\xE9", nobody);
    let expected = ("é\0".as_bytes().to_vec(), b"realm\0".to_vec(), 0, 1024, 0);
    assert_eq!(program.saw.lock().unwrap()[0], expected);
}

#[test]
fn passwords_are_taken_with_and_without_a_terminator() {
    assert_eq!(
        password(ask(StringForm::Narrow, |buffer, _, status| put(buffer, 1, b"secret", status))),
        "secret"
    );
    assert_eq!(
        password(ask(StringForm::Narrow, |buffer, _, status| put(buffer, 1, b"secret\0", status))),
        "secret"
    );
    assert_eq!(
        password(ask(StringForm::Wide, |buffer, _, status| put(buffer, 1, &wide("ab"), status))),
        "ab"
    );
    assert_eq!(
        password(ask(StringForm::Wide, |buffer, _, status| put(buffer, 1, &wide("ab\0"), status))),
        "ab"
    );
    assert_eq!(
        password(ask(StringForm::Wide, |buffer, _, status| put(buffer, 1, b"", status))),
        ""
    );
}

#[test]
fn hashes_are_taken() {
    let found = ask(StringForm::Wide, |buffer, _, status| put(buffer, 2, &[7; 16], status));
    match found.unwrap().unwrap() {
        Stored::Hash(hash) => assert_eq!(hash.expose()[..16], [7; 16]),
        Stored::Password(_) => panic!("a password"),
    }
}

#[test]
fn no_such_user_can_be_said_in_four_ways() {
    let ways: [Behaviour; 4] = [
        |_, _, status| *status = 0,
        |_, _, status| *status = Status::NO_CREDENTIALS.code().cast_signed(),
        |_, _, status| *status = Status::LOGON_DENIED.code().cast_signed(),
        |_, _, status| *status = Status::UNKNOWN_CREDENTIALS.code().cast_signed(),
    ];
    for way in ways {
        assert!(ask(StringForm::Wide, way).unwrap().is_none());
    }
}

#[test]
fn r65_a_broken_contract_is_unavailable_and_says_why() {
    let rows: [(&str, Behaviour); 10] = [
        ("INTERNAL_ERROR", |_, _, _| ()),
        ("0x00000005", |_, _, status| *status = 5),
        ("replaced", |_, key, status| (*key, *status) = (NOTHING, 0)),
        ("replaced", |buffer, _, status| (buffer.pvBuffer, *status) = (NOTHING, 0)),
        ("longer", |buffer, _, status| {
            put(buffer, 1, b"x", status);
            buffer.cbBuffer = 1025;
        }),
        ("longer", |buffer, _, status| {
            put(buffer, 2, b"x", status);
            buffer.cbBuffer = u32::MAX;
        }),
        ("neither", |buffer, _, status| put(buffer, 9, b"x", status)),
        ("15 bytes, and one of 16", |buffer, _, status| put(buffer, 2, &[7; 15], status)),
        ("half", |buffer, _, status| put(buffer, 1, b"abc", status)),
        ("not UTF-16", |buffer, _, status| put(buffer, 1, &0xD83D_u16.to_ne_bytes(), status)),
    ];
    for (index, (reason, behaviour)) in rows.into_iter().enumerate() {
        let Unavailable(said) = ask(StringForm::Wide, behaviour).unwrap_err();
        assert!(said.contains(reason), "row {index}: {said}");
    }
}

#[test]
fn the_version_says_which_hash_is_wanted_and_its_length_is_checked() {
    let rows: [(Algorithm, ULONG, Behaviour, bool); 5] = [
        (Algorithm::Md5, 0, |buffer, _, status| put(buffer, 2, &[7; 16], status), true),
        (Algorithm::Md5, 0, |buffer, _, status| put(buffer, 2, &[7; 32], status), false),
        (Algorithm::Sha256, 1, |buffer, _, status| put(buffer, 2, &[7; 32], status), true),
        (Algorithm::Sha256, 1, |buffer, _, status| put(buffer, 2, &[7; 16], status), false),
        (Algorithm::Sha512_256, 2, |buffer, _, status| put(buffer, 2, &[7; 32], status), true),
    ];
    for (algorithm, version, behaviour, taken) in rows {
        let (found, program) = ask_as(StringForm::Wide, algorithm, b"alice", behaviour);
        assert_eq!(program.saw.lock().unwrap()[0].2, version);
        match found {
            Ok(Some(Stored::Hash(hash))) if taken => {
                let length = if algorithm == Algorithm::Md5 { 16 } else { 32 };
                assert!(hash.expose()[..length].iter().all(|byte| *byte == 7));
            }
            Err(Unavailable(reason)) if !taken => assert!(reason.contains("is wanted"), "{reason}"),
            other => panic!("{algorithm:?}: {other:?}"),
        }
    }
}

#[test]
fn r65_a_panic_of_the_program_reaches_the_guard() {
    let status = crate::ffi::guard::guard("test", || {
        let _ = ask(StringForm::Wide, |_, _, _| panic!("on purpose"));
        Ok(())
    });
    assert_eq!(status.cast_unsigned(), Status::INTERNAL_ERROR.code());
}

#[test]
fn r65_the_program_may_call_the_library() {
    let found = ask(StringForm::Wide, |_, _, status| {
        let pointer = crate::ffi::caller::memory::ContextBuffer::zeroed(3).unwrap().release();
        // SAFETY: just allocated.
        *status = unsafe { crate::ffi::exports::memory::FreeContextBuffer(pointer) };
    });
    assert!(found.unwrap().is_none());
}

const SHA256: &[u8] = b"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
    WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

fn ask_scram(
    form: StringForm,
    user: &[u8],
    hash: Hash,
    answer: Behaviour,
) -> (Result<Option<Known>, Unavailable>, Program) {
    let program = Program { answer, saw: Mutex::default() };
    let argument = (&raw const program).cast_mut().cast();
    let source = KeyFunction::new(Some(function), argument, form).unwrap();
    assert!(source.takes_empty_names());
    let found = source.find_scram(user, hash);
    (found, program)
}

#[test]
fn the_program_sees_which_keys_of_scram_are_wanted() {
    for (hash, version) in [(Hash::Sha1, 160), (Hash::Sha256, 256), (Hash::Sha512, 512)] {
        let nobody: Behaviour = |_, _, status| *status = 0;
        let (found, program) = ask_scram(StringForm::Wide, b"a", hash, nobody);
        assert!(found.unwrap().is_none());
        let wide = "a\0".encode_utf16().flat_map(u16::to_ne_bytes).collect();
        assert_eq!(*program.saw.lock().unwrap(), [(wide, vec![0, 0], version, 1024, 0)]);
    }
}

#[test]
fn keys_of_scram_are_read() {
    let pairs = |answer: Behaviour| match ask_scram(StringForm::Wide, b"", Hash::Sha256, answer)
        .0
        .unwrap()
        .unwrap()
    {
        Known::Keys(keys) => (keys.iterations, keys.pairs.len()),
        Known::Password(_) => panic!("a password"),
    };
    assert_eq!(pairs(|buffer, _, status| put(buffer, 2, SHA256, status)), (4096, 1));
    assert_eq!(
        pairs(|buffer, _, status| put(buffer, 2, &[SHA256, b"\0"].concat(), status)),
        (4096, 1)
    );
    assert_eq!(
        pairs(|buffer, _, status| put(buffer, 2, &[SHA256, SHA256, SHA256].join(&b'\n'), status)),
        (4096, 3)
    );
}

#[test]
fn passwords_serve_scram() {
    let answer: Behaviour = |buffer, _, status| put(buffer, 1, &wide("ab"), status);
    match ask_scram(StringForm::Wide, b"a", Hash::Sha1, answer).0.unwrap().unwrap() {
        Known::Password(password) => assert_eq!(password.expose(), "ab"),
        Known::Keys(_) => panic!("keys"),
    }
}

#[test]
fn keys_that_cannot_be_used_mean_that_the_accounts_could_not_be_asked() {
    for (answer, expected) in [
        (
            (|buffer, _, status| put(buffer, 2, SHA256, status)) as Behaviour,
            "the value is of another mechanism",
        ),
        (
            |buffer, _, status| put(buffer, 2, b"pencil", status),
            "the value is of another mechanism",
        ),
        (|buffer, _, status| put(buffer, 2, b"", status), "the value is of another mechanism"),
        (
            |buffer, _, status| put(buffer, 2, b"SCRAM-SHA-1$0:AAAA$AAAA:AAAA", status),
            "expected an iteration count",
        ),
        (|buffer, _, status| put(buffer, 7, SHA256, status), "neither SECBUFFER_DATA nor"),
        (
            |buffer, _, status| {
                put(buffer, 2, SHA256, status);
                buffer.cbBuffer = 1025;
            },
            "longer than the memory",
        ),
        (|_, _, _| (), "it returned"),
    ] {
        let found = ask_scram(StringForm::Wide, b"a", Hash::Sha1, answer).0;
        let Unavailable(reason) = found.unwrap_err();
        assert!(reason.starts_with("account function: ") && reason.contains(expected), "{reason}");
    }
}
