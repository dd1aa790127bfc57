//! The header is what C and C++ programs for Windows expect, alone here and after the platform's own
//! on Windows.

#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking
#![allow(clippy::format_push_string)] // C sources grow line by line

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use secur32::sspi::Flags;
use support::skip::have;
use support::{
    STRICT, compile_c, compiler, library_directory, read, root, rust_sources, scratch, succeed,
};

const MINGW: [&str; 2] = ["x86_64-w64-mingw32-gcc", "i686-w64-mingw32-gcc"];
const WINDOWS_10: &str = "-D_WIN32_WINNT=0x0A00";

/// The header's constants and their values as written.
fn constants() -> BTreeMap<String, String> {
    let text = read("include/secur32.h");
    let rows = text.lines().filter_map(|line| line.strip_prefix("#define ")?.split_once(' '));
    let is_value = |value: &str| {
        let value =
            value.trim_start_matches("((SECURITY_STATUS)").trim_start_matches("((NTSTATUS)");
        value.starts_with(|first: char| first.is_ascii_digit())
    };
    let rows = rows.filter(|(name, value)| !name.contains('(') && is_value(value));
    rows.map(|(name, value)| (name.into(), value.into())).collect()
}

/// The value of a constant.
fn value(text: &str) -> u32 {
    let text = text.trim_start_matches("((SECURITY_STATUS)").trim_start_matches("((NTSTATUS)");
    let text = text.trim_end_matches(')').replace('_', "");
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn file(name: &str, text: &str) -> String {
    let path: PathBuf = scratch("header").join(name);
    fs::write(&path, text).expect("a scratch file");
    path.display().to_string()
}

fn accepts(program: &str, source: &str, flags: &[&str]) {
    succeed(compiler(program, &[source], STRICT).args(flags).args(["-fsyntax-only"]));
}

/// With `UNICODE` and without, with a `wchar_t` of 16 bits and without.
const TEXT_FLAGS: [&[&str]; 4] =
    [&[], &["-DUNICODE"], &["-fshort-wchar"], &["-DUNICODE", "-fshort-wchar"]];

/// What a program under an old standard is told off for beyond [`STRICT`]: what the standard lacks, and
/// what C++ or a header of macros may stumble over.
const PEDANTIC: [&str; 2] = ["-pedantic-errors", "-Wundef"];

#[test]
fn c_takes_it_alone_in_every_standard() {
    let standards =
        ["-ansi", "-std=c89", "-std=gnu89", "-std=c99", "-std=gnu99", "-std=c11", "-std=c17"];
    for header in ["secur32.h", "sspi.h", "security.h"] {
        let text = format!("#include <{header}>\nint unused;\n");
        let source = file(&format!("alone_{header}.c"), &text);
        for compiler_ in ["cc", "clang"].into_iter().filter(|program| have(program)) {
            for standard in standards {
                accepts(compiler_, &source, &[&[standard, "-Wc++-compat"], &PEDANTIC[..]].concat());
            }
            for standard in ["-std=c89", "-std=c99"] {
                for flags in TEXT_FLAGS {
                    accepts(compiler_, &source, &[&[standard], flags].concat());
                }
            }
        }
    }
}

#[test]
fn cpp_takes_it_alone_in_every_standard() {
    let source = file("alone.cpp", "#include <sspi.h>\n#include <security.h>\nint unused;\n");
    let standards = ["-std=c++98", "-std=gnu++98", "-std=c++11", "-std=c++17", "-std=c++20"];
    for compiler_ in ["c++", "clang++"].into_iter().filter(|program| have(program)) {
        for standard in standards {
            accepts(compiler_, &source, &[&[standard], &PEDANTIC[..]].concat());
        }
        for standard in ["-std=c++98", "-std=c++17"] {
            for flags in TEXT_FLAGS {
                accepts(compiler_, &source, &[&[standard], flags].concat());
            }
        }
    }
}

/// A program that refers to every function by the type of a matching pointer where there is one, to
/// every constant, and to the macros; it runs, so the library has every function.
fn every_name() -> String {
    let mut text = String::from("#include <sspi.h>\n#include <stdio.h>\n");
    text += "typedef void (*function)(void);\nstatic const function functions[] = {\n";
    for name in exports() {
        text += &format!("    (function){name},\n");
    }
    text += "};\nstatic const unsigned constants[] = {\n";
    for name in constants().keys() {
        text += &format!("    (unsigned)({name}),\n");
    }
    text += r#"};
static ACCEPT_SECURITY_CONTEXT_FN accept_ = AcceptSecurityContext;
static ACCEPT_SECURITY_CONTEXT_FN sasl_accept = SaslAcceptSecurityContext;
static INITIALIZE_SECURITY_CONTEXT_FN initialize = InitializeSecurityContext;
static ACQUIRE_CREDENTIALS_HANDLE_FN acquire = AcquireCredentialsHandle;
static QUERY_CONTEXT_ATTRIBUTES_FN query = QueryContextAttributes;
static ENUMERATE_SECURITY_PACKAGES_FN enumerate = EnumerateSecurityPackages;
static ENCRYPT_MESSAGE_FN encrypt_ = EncryptMessage;
static DECRYPT_MESSAGE_FN decrypt = DecryptMessage;
static FREE_CONTEXT_BUFFER_FN release = FreeContextBuffer;
static INIT_SECURITY_INTERFACE table = InitSecurityInterface;

int main(void)
{
    SecHandle handle = { 0, 0 };
    SEC_WINNT_AUTH_IDENTITY identity;
    SecurityFunctionTable *functions_of_table;
    unsigned n, sum = 0;
    SECURITY_STATUS status = SEC_E_OK;
    switch (status) {
    case SEC_E_OK:
        break;
    case SEC_E_LOGON_DENIED:
    case SEC_I_CONTINUE_NEEDED:
        return 1;
    default:
        return 2;
    }
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
    functions_of_table = NULL;
    for (n = 0; n < sizeof(functions) / sizeof(functions[0]); n++)
        if (functions[n] == NULL)
            return 3;
    for (n = 0; n < sizeof(constants) / sizeof(constants[0]); n++)
        sum += constants[n];
    if (!accept_ || !sasl_accept || !initialize || !acquire || !query || !enumerate || !encrypt_ ||
        !decrypt || !release || !table || functions_of_table)
        return 4;
    if (!SecIsValidHandle(&handle))
        return 5;
    SecInvalidateHandle(&handle)
    if (SecIsValidHandle(&handle) || identity.Flags != 2)
        return 6;
    if (!FAILED(SEC_E_INVALID_TOKEN) || !SUCCEEDED(SEC_I_CONTINUE_NEEDED) || !sizeof(TEXT("a")))
        return 7;
    if (sizeof(WDIGEST_SP_NAME_A) != 8 || sizeof(WDIGEST_SP_NAME_W) != 16)
        return 8;
    printf("%u functions, %u constants\n", (unsigned)(sizeof(functions) / sizeof(functions[0])),
           (unsigned)(sizeof(constants) / sizeof(constants[0])));
    return sum == 0;
}
"#;
    text
}

fn exports() -> Vec<String> {
    let text = read("def/exports.txt");
    let rows = text.lines().filter(|row| !row.starts_with('#') && !row.ends_with(" windows"));
    rows.filter_map(|row| row.split_whitespace().next()).map(String::from).collect()
}

#[test]
fn a_c_program_can_use_every_name() {
    let source = file("every_name.c", &every_name());
    for flags in [
        &["-std=c11"][..],
        &["-std=c11", "-DUNICODE"],
        &["-std=c99", "-fshort-wchar"],
        &["-ansi", "-fshort-wchar"],
    ] {
        let program = compile_c(&[&source], &[STRICT, flags].concat());
        let text = succeed(&mut Command::new(program));
        let expected = format!("{} functions, {} constants\n", exports().len(), constants().len());
        assert_eq!(text, expected);
    }
}

#[test]
fn a_cpp_program_can_use_every_name() {
    if !have("c++") {
        return;
    }
    let source = file("every_name.cpp", &every_name());
    for (name, flags) in [
        ("ansi", &["-std=c++17"][..]),
        ("wide", &["-std=c++17", "-DUNICODE"]),
        ("old", &["-std=c++98", "-fshort-wchar", "-DUNICODE"]),
    ] {
        let program = scratch("header").join(format!("every_name_cpp_{name}"));
        let mut compile = compiler("c++", &[&source], STRICT);
        compile.args(flags).arg("-o").arg(&program);
        compile.arg("-L").arg(library_directory()).arg("-lsecur32");
        compile.arg(format!("-Wl,-rpath,{}", library_directory().display()));
        succeed(&mut compile);
        succeed(&mut Command::new(program));
    }
}

#[test]
fn the_layout_is_windows_here() {
    let program = compile_c(&["c_tests/abi_layout.c"], &[STRICT, &["-std=c99"]].concat());
    succeed(&mut Command::new(program));
}

#[test]
fn the_layout_is_that_of_the_windows_header_for_both_word_sizes() {
    for compiler_ in MINGW.into_iter().filter(|program| have(program)) {
        accepts(compiler_, "c_tests/abi_layout.c", &["-std=c99", WINDOWS_10]);
        // And the claims hold for that header without ours in its way.
        let mut alone = Command::new(compiler_);
        alone.args(STRICT).args([WINDOWS_10, "-fsyntax-only"]);
        succeed(alone.arg(root().join("c_tests/abi_layout.c")));
    }
}

#[test]
fn it_follows_the_windows_headers_without_conflict() {
    let orders = [
        "#define SECURITY_WIN32\n#include <windows.h>\n#include <sspi.h>\n#include <secur32.h>\n",
        "#include <secur32.h>\n#include <security.h>\n",
        "#define SECUR32_PROTOTYPES\n#include <secur32.h>\n",
    ];
    for compiler_ in MINGW.into_iter().filter(|program| have(program)) {
        for (number, includes) in orders.iter().enumerate() {
            let body =
                "int main(void)\n{\n    return SealMessage(NULL, 0, NULL, 0) == SEC_E_OK;\n}\n";
            let source = file(&format!("windows{number}.c"), &format!("{includes}{body}"));
            for flags in [&["-std=c99"][..], &["-std=c99", "-DUNICODE"], &["-ansi"]] {
                // Some of Windows' prototypes say dllimport, where ours cannot.
                let flags = [&[WINDOWS_10, "-Wno-attributes"], flags].concat();
                accepts(compiler_, &source, &flags);
            }
        }
    }
}

/// Every constant that both headers have has one value.
#[test]
fn the_constants_are_those_of_the_windows_header() {
    let mut source = String::from("#include <secur32.h>\n#include <ntstatus.h>\n");
    for (name, text) in constants() {
        let value = value(&text);
        source += &format!(
            "#ifdef {name}\ntypedef char {name}_[(ULONG)({name}) == {value}u ? 1 : -1];\n#endif\n"
        );
    }
    let source = file("constants.c", &source);
    for compiler_ in MINGW.into_iter().filter(|program| have(program)) {
        // ntstatus.h defines again what windows.h has.
        succeed(
            compiler(compiler_, &[&source], &["-Wall", "-Wextra", WINDOWS_10]).arg("-fsyntax-only"),
        );
    }
}

/// The rows `NAME = 0x1234_5678;` of src/error/status.rs.
#[test]
fn the_statuses_are_those_of_the_rust_sources() {
    let constants = constants();
    let text = read("src/error/status.rs");
    let mut compared = 0;
    for row in text.lines().filter_map(|line| line.trim().strip_suffix(';')) {
        let Some((name, number)) = row.split_once(" = 0x") else { continue };
        let code = value(&format!("0x{number}"));
        let names = [format!("SEC_E_{name}"), format!("SEC_I_{name}"), name.to_string()];
        let found = names.iter().find_map(|name| constants.get(name));
        assert_eq!(found.map(|text| value(text)), Some(code), "{name}");
        compared += 1;
    }
    assert!(compared >= 30, "{compared}");
}

#[test]
fn the_context_attributes_are_those_of_the_rust_sources() {
    // Flag; what follows ASC_REQ_ and ISC_REQ_, and what follows ASC_RET_ and ISC_RET_.
    let rows = [
        (Flags::DELEGATE, "DELEGATE", "DELEGATE"),
        (Flags::MUTUAL_AUTH, "MUTUAL_AUTH", "MUTUAL_AUTH"),
        (Flags::REPLAY_DETECT, "REPLAY_DETECT", "REPLAY_DETECT"),
        (Flags::SEQUENCE_DETECT, "SEQUENCE_DETECT", "SEQUENCE_DETECT"),
        (Flags::CONFIDENTIALITY, "CONFIDENTIALITY", "CONFIDENTIALITY"),
        (Flags::PROMPT_FOR_CREDS, "PROMPT_FOR_CREDS", "USED_COLLECTED_CREDS"),
        (Flags::ALLOCATE_MEMORY, "ALLOCATE_MEMORY", "ALLOCATED_MEMORY"),
        (Flags::DATAGRAM, "DATAGRAM", "DATAGRAM"),
        (Flags::CONNECTION, "CONNECTION", "CONNECTION"),
        (Flags::EXTENDED_ERROR, "EXTENDED_ERROR", "EXTENDED_ERROR"),
        (Flags::STREAM, "STREAM", "STREAM"),
        (Flags::INTEGRITY, "INTEGRITY", "INTEGRITY"),
        (Flags::IDENTIFY, "IDENTIFY", "IDENTIFY"),
        (Flags::NO_INTEGRITY, "NO_INTEGRITY", ""),
        (Flags::USE_HTTP_STYLE, "USE_HTTP_STYLE", "USED_HTTP_STYLE"),
        (Flags::PROXY_BINDINGS, "PROXY_BINDINGS", ""),
        (Flags::HTTP, "HTTP", ""),
        (Flags::HTTP, "ALLOW_MISSING_BINDINGS", ""),
    ];
    let constants = constants();
    for (flag, request, answer) in rows {
        let bit =
            |prefix: &str, name: &str| Some(value(constants.get(&format!("{prefix}{name}"))?));
        let sides = [
            (
                bit("ASC_REQ_", request),
                bit("ASC_RET_", answer),
                Flags::from_asc as fn(u32) -> Flags,
                flag.to_asc(),
            ),
            (bit("ISC_REQ_", request), bit("ISC_RET_", answer), Flags::from_isc, flag.to_isc()),
        ];
        assert!(sides.iter().any(|side| side.0.is_some()), "{request}");
        for (asked, answered, read, written) in sides {
            if let Some(bit) = asked {
                assert_eq!(read(bit), flag, "{request}");
            }
            if let Some(bit) = answered {
                assert_eq!(written, bit, "{answer}");
            }
        }
    }
}

/// Constants of the C boundary's sources with Windows' names.
#[test]
fn the_boundarys_constants_are_the_headers() {
    let constants = constants();
    let mut compared = 0;
    for path in rust_sources("src/ffi") {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for line in text.lines().filter_map(|line| line.trim().strip_suffix(';')) {
            let Some((left, number)) = line.split_once(" = ") else { continue };
            let Some((_, name)) = left.split(':').next().and_then(|left| left.split_once("const "))
            else {
                continue;
            };
            let Some(text) = constants.get(name) else { continue };
            if number.starts_with(|first: char| first.is_ascii_digit()) {
                assert_eq!(value(number), value(text), "{name}");
                compared += 1;
            }
        }
    }
    assert!(compared > 0);
}
