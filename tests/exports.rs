//! One list of exports: def/exports.txt says the same as the sources, the files made from it, the
//! header and the symbols of the built libraries; and every export has the panic guard.

#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking
#![allow(clippy::format_push_string)] // C sources grow line by line

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use support::{
    STRICT, compile_c, compiler, library, read, root, rust_sources, scratch, static_library,
    succeed,
};

type Names = BTreeSet<String>;

/// The names of def/exports.txt with the bytes of their arguments, for a platform.
fn listed(platform: &str) -> BTreeMap<String, usize> {
    let text = read("def/exports.txt");
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.filter_map(|row| {
        let [name, size, platforms] = row.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let wanted = platforms == "all" || platforms == platform;
        wanted.then(|| (name.into(), size.parse().expect("bytes")))
    })
    .collect()
}

fn names(platform: &str) -> Names {
    listed(platform).into_keys().collect()
}

#[test]
fn the_list_is_what_windows_has_and_the_named_additions() {
    let all = listed("unix");
    assert_eq!(all["SaslAcceptSecurityContext"], 36);
    assert_eq!(all["InitializeSecurityContextW"], 48);
    assert_eq!(all["InitSecurityInterfaceA"], 0);
    let windows = names("windows");
    let unix_only: Vec<_> = all.keys().filter(|name| !windows.contains(*name)).collect();
    assert_eq!(
        unix_only,
        [
            "QueryContextAttributesExA",
            "QueryContextAttributesExW",
            "QueryCredentialsAttributesExA",
            "QueryCredentialsAttributesExW",
            "SspiDecryptAuthIdentityEx",
            "SspiEncryptAuthIdentityEx",
            "SspiIsPromptingNeeded",
        ]
    );
}

#[test]
fn the_module_definition_has_the_list() {
    let text = read("def/secur32.def");
    let found: Names =
        text.lines().filter_map(|line| line.strip_prefix("    ")).map(String::from).collect();
    assert_eq!(found, names("windows"));
}

#[test]
fn the_version_script_has_the_list() {
    let text = read("def/secur32.map");
    let (global, local) = text.split_once("local:").expect("both parts");
    let found: Names = words(global.split_once("global:").expect("both parts").1).collect();
    assert_eq!(found, names("unix"));
    assert!(local.contains('*'));
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let ends = |c: char| !(c.is_alphanumeric() || c == '_');
    text.split(ends).filter(|word| !word.is_empty()).map(String::from)
}

#[test]
fn the_header_declares_the_list() {
    let text = read("include/secur32.h");
    let name = |line: &str| {
        let (name, _) = line.split_once("SEC_ENTRY ")?.1.split_once('(')?;
        words(name).next().filter(|word| word == name)
    };
    let found: Names = text.lines().filter_map(name).collect();
    assert_eq!(found, names("unix"));
}

#[test]
fn the_shared_library_exports_the_list_and_nothing_else() {
    let bytes = fs::read(library()).expect("the library");
    let symbols = elf::exports(&bytes);
    assert_eq!(symbols, names("unix"));
}

#[test]
fn the_shared_library_has_its_soname_and_is_bound_at_load() {
    let bytes = fs::read(library()).expect("the library");
    let dynamic = elf::Dynamic::read(&bytes);
    let major = env!("CARGO_PKG_VERSION_MAJOR");
    assert_eq!(dynamic.soname.as_deref(), Some(&*format!("libsecur32.so.{major}")));
    assert!(dynamic.bound_at_load, "-z now");
    assert!(elf::has_relro(&bytes), "-z relro");
}

#[test]
fn a_shared_library_linked_from_the_static_one_by_the_version_script_exports_the_list() {
    let target = scratch("map").join("libfromstatic.so");
    let script = root().join("def/secur32.map");
    let mut link = Command::new("cc");
    link.arg("-shared").arg("-o").arg(&target);
    link.arg("-Wl,--whole-archive").arg(static_library()).arg("-Wl,--no-whole-archive");
    link.arg(format!("-Wl,--version-script={}", script.display()));
    link.args(["-lgcc_s", "-lpthread", "-ldl", "-lm", "-lrt"]);
    succeed(&mut link);
    assert_eq!(elf::exports(&fs::read(target).expect("the linked library")), names("unix"));
}

#[test]
fn the_function_tables_hold_the_exports() {
    let flags = [STRICT, &["-std=c99"]].concat();
    succeed(&mut Command::new(compile_c(&["c_tests/function_table.c"], &flags)));
}

/// On 32-bit x86 the compiler writes the bytes of the arguments into the symbol.
#[test]
fn the_prototypes_take_the_listed_bytes_on_x86() {
    if !support::skip::have("i686-w64-mingw32-gcc") {
        return;
    }
    let mut source = String::from("#define SECUR32_PROTOTYPES\n#include <secur32.h>\n");
    source += "typedef void (*function)(void);\nconst function every[] = {\n";
    for name in listed("unix").keys() {
        source += &format!("    (function){name},\n");
    }
    source += "};\n";
    let directory = scratch("bytes");
    let file = directory.join("bytes.c");
    let object = directory.join("bytes.s");
    fs::write(&file, source).expect("a scratch file");
    let flags = ["-D_WIN32_WINNT=0x0A00", "-Wno-attributes", "-Wno-cast-function-type", "-S", "-o"];
    let file = file.display().to_string();
    let mut compile = compiler("i686-w64-mingw32-gcc", &[&file], STRICT);
    succeed(compile.args(flags).arg(&object));
    let assembly = fs::read_to_string(object).expect("assembly");
    for (name, size) in listed("unix") {
        assert!(assembly.contains(&format!("_{name}@{size}\n")), "{name}@{size}");
    }
}

/// The exported functions of the sources: the name, the signature and the body.
fn exported() -> Vec<(String, String, String)> {
    let mut found = vec![];
    for path in rust_sources("src/ffi") {
        let text = fs::read_to_string(&path).expect("a source");
        for part in text.split("unsafe(no_mangle)").skip(1) {
            let (signature, rest) = part.split_once('{').expect("a body");
            let name = signature.split_once("fn ").expect("a function").1;
            let name = name.split('(').next().expect("a name").to_string();
            // Those that only go on to the system's function: see the test below.
            if name == "$name" {
                continue;
            }
            let body = rest.split_once("\n}").expect("the body ends").0;
            found.push((name, signature.trim().into(), body.trim().into()));
        }
    }
    found
}

#[test]
fn the_sources_export_the_list() {
    let found: Vec<String> = exported().into_iter().map(|item| item.0).collect();
    let set: Names = found.iter().cloned().collect();
    assert_eq!(found.len(), set.len(), "a name is exported twice");
    assert_eq!(set, names("unix"));
    for path in rust_sources("src") {
        let text = fs::read_to_string(&path).expect("a source");
        let inside = path.starts_with(root().join("src/ffi"));
        assert!(inside || !text.contains("no_mangle"), "{}", path.display());
        assert!(!text.contains("export_name"), "{}", path.display());
    }
}

/// What only goes on to the system's function, on Windows alone, is one line each of one macro.
/// It has no guard around it, since it runs no Rust but a look-up, which has one of its own.
#[test]
fn what_goes_on_to_the_system_is_the_rest_of_the_list() {
    let text = read("src/ffi/passthrough/forward.rs");
    let (code, rows) = text.split_once("\nforward! {\n").expect("the macro and its rows");
    assert_eq!(code.matches("unsafe(no_mangle)").count(), 1);
    assert_eq!(code.matches("guard_value(name, None, || ").count(), 1);
    let mut found = BTreeMap::new();
    for row in rows.lines().filter(|row| *row != "}") {
        let (name, rest) = row.trim().split_once('(').expect("a name");
        let (arguments, _) = rest.split_once(") ").expect("arguments and an answer");
        found.insert(name.to_string(), 4 * arguments.split_whitespace().count());
    }
    let mut rest = listed("windows");
    rest.retain(|name, _| !names("unix").contains(name));
    assert_eq!(found, rest);
}

/// The exports that a caller may make with a handle, a package or memory of the system's own.
#[test]
fn what_packages_share_goes_on_to_the_system_where_it_is_of_the_system() {
    let ours_alone = |name: &str| {
        let table = ["InitSecurityInterface", "EnumerateSecurityPackages"];
        let sasl = ["SaslEnumerateProfiles", "SaslGetProfilePackage", "SaslIdentifyPackage"];
        let ours = [&table[..], &sasl[..], &["Sspi"]].concat();
        ours.iter().any(|start| name.starts_with(start))
    };
    for (name, _, body) in exported() {
        assert_ne!(body.contains("pass_through!("), ours_alone(&name), "{name}");
    }
}

#[test]
fn every_export_has_windows_calling_convention() {
    for (name, signature, _) in exported() {
        let start = "pub unsafe extern \"system\" fn ";
        assert!(signature.contains(&format!("{start}{name}(")), "{signature}");
    }
}

/// A body is one call of the guard, with the function's own name. What may stand before it hands
/// the call over to the system's function of that name; its look-ups have the same guard.
#[test]
fn every_export_is_guarded() {
    for (name, _, body) in exported() {
        let code = body.lines().filter(|line| !line.trim().starts_with("//"));
        let code = code.collect::<Vec<_>>().join("\n");
        let body = match code.trim().strip_prefix("pass_through!(") {
            Some(rest) => {
                let (over, body) = rest.split_once(");\n").expect("a statement");
                let call = over.split_once("=>").expect("a call").1.trim();
                let plain = name.replace("AttributesEx", "Attributes");
                assert!(call.starts_with(&format!("{plain}(")), "{name}: {call}");
                body.trim().to_string()
            }
            None => body,
        };
        assert!(is_guarded(&name, &body), "{name} is not guarded:\n{body}");
    }
}

fn is_guarded(name: &str, body: &str) -> bool {
    // Neither comments nor `let _ = Parameter;` do anything.
    let is_code = |line: &&str| {
        let line = line.trim_start();
        let unused = line.strip_prefix("let _ = ").and_then(|rest| rest.strip_suffix(';'));
        let is_name = |text: &str| {
            let names = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            names.unwrap_or(text).chars().all(|c| c.is_alphanumeric() || "_, ".contains(c))
        };
        !line.starts_with("//") && !unused.is_some_and(is_name)
    };
    let body = body.lines().filter(is_code).collect::<Vec<_>>().join("\n");
    let body = body.trim();
    let call =
        ["guard(", "guard_end(", "guard_value("].iter().find_map(|call| body.strip_prefix(call));
    let Some(arguments) = call else { return false };
    let named = arguments.trim_start().starts_with(&format!("\"{name}\","));
    named && closes_at_the_end(arguments)
}

/// Whether the first parenthesis that closes more than was opened is the last character.
fn closes_at_the_end(text: &str) -> bool {
    let mut depth = 0;
    for (place, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            // A function that returns nothing may end with a semicolon.
            ')' if depth == 0 => return matches!(&text[place + 1..], "" | ";"),
            ')' => depth -= 1,
            _ => {}
        }
    }
    false
}

#[test]
fn the_check_for_the_guard_can_fail() {
    assert!(is_guarded("Name", "guard(\"Name\", || Ok(()))"));
    assert!(is_guarded(
        "Name",
        "guard_value(\n        \"Name\",\n        0,\n        || f(1),\n    )"
    ));
    assert!(is_guarded("Name", "// SAFETY: true.\n    guard(\"Name\", || unsafe { f() });"));
    assert!(is_guarded("Name", "let _ = Unused;\n    guard(\"Name\", || Ok(()))"));
    assert!(is_guarded("Name", "let _ = (One, two);\n    guard(\"Name\", || Ok(()))"));
    assert!(!is_guarded("Name", "let _ = f();\n    guard(\"Name\", || Ok(()))"));
    assert!(!is_guarded("Name", "let a = 1;\n    guard(\"Name\", || Ok(()))"));
    assert!(!is_guarded("Name", "guard(\"Other\", || Ok(()))"));
    assert!(!is_guarded("Name", "guard(\"Name\", || Ok(())) + f(1)"));
    assert!(!is_guarded("Name", "SEC_E_OK"));
}

#[test]
fn panics_unwind_in_every_profile() {
    let manifest = read("Cargo.toml");
    assert!(!manifest.contains("\"abort\""));
    for profile in ["dev", "release"] {
        let (_, rest) = manifest.split_once(&format!("[profile.{profile}]\n")).expect("a profile");
        let table = rest.split("\n[").next().expect("a table");
        assert!(table.contains("panic = \"unwind\""), "{profile}");
    }
}

/// As much of the ELF format as the tests need, for the machine that runs them.
mod elf {
    use super::Names;

    const WIDE: bool = cfg!(target_pointer_width = "64");

    struct Section {
        kind: usize,
        content: std::ops::Range<usize>,
        link: usize,
    }

    fn number(bytes: &[u8], at: usize, size: usize) -> usize {
        let field = &bytes[at..at + size];
        let order: Box<dyn Iterator<Item = &u8>> = if cfg!(target_endian = "little") {
            Box::new(field.iter().rev())
        } else {
            Box::new(field.iter())
        };
        order.fold(0, |value, byte| value << 8 | usize::from(*byte))
    }

    /// A field as wide as an address.
    fn word(bytes: &[u8], at: usize) -> usize {
        number(bytes, at, if WIDE { 8 } else { 4 })
    }

    fn pick(wide: usize, narrow: usize) -> usize {
        if WIDE { wide } else { narrow }
    }

    fn sections(bytes: &[u8]) -> Vec<Section> {
        assert_eq!(&bytes[..4], b"\x7fELF");
        let table = word(bytes, pick(0x28, 0x20));
        let size = number(bytes, pick(0x3A, 0x2E), 2);
        let count = number(bytes, pick(0x3C, 0x30), 2);
        let section = |index: usize| {
            let at = table + index * size;
            let start = word(bytes, at + pick(0x18, 0x10));
            let length = word(bytes, at + pick(0x20, 0x14));
            let kind = number(bytes, at + 4, 4);
            let empty = kind == 8; // SHT_NOBITS
            Section {
                kind,
                content: start..if empty { start } else { start + length },
                link: number(bytes, at + pick(0x28, 0x18), 4),
            }
        };
        (0..count).map(section).collect()
    }

    fn find(sections: &[Section], kind: usize) -> &Section {
        sections.iter().find(|section| section.kind == kind).expect("a section of this kind")
    }

    fn text(bytes: &[u8], at: usize) -> String {
        let length = bytes[at..].iter().position(|byte| *byte == 0).expect("an end");
        String::from_utf8(bytes[at..at + length].to_vec()).expect("a name")
    }

    /// The symbols that others may link with.
    pub(super) fn exports(bytes: &[u8]) -> Names {
        let sections = sections(bytes);
        let symbols = find(&sections, 11); // SHT_DYNSYM
        let names = sections[symbols.link].content.start;
        let size = pick(24, 16);
        let mut found = Names::new();
        for at in symbols.content.clone().step_by(size) {
            let binding = bytes[at + pick(4, 12)] >> 4;
            let defined = number(bytes, at + pick(6, 14), 2) != 0;
            if defined && binding != 0 {
                found.insert(text(bytes, names + number(bytes, at, 4)));
            }
        }
        found
    }

    pub(super) struct Dynamic {
        pub(super) soname: Option<String>,
        pub(super) bound_at_load: bool,
    }

    impl Dynamic {
        pub(super) fn read(bytes: &[u8]) -> Self {
            let sections = sections(bytes);
            let table = find(&sections, 6); // SHT_DYNAMIC
            let names = sections[table.link].content.start;
            let mut dynamic = Self { soname: None, bound_at_load: false };
            for at in table.content.clone().step_by(pick(16, 8)) {
                let value = word(bytes, at + pick(8, 4));
                match word(bytes, at) {
                    14 => dynamic.soname = Some(text(bytes, names + value)), // DT_SONAME
                    24 => dynamic.bound_at_load = true,                      // DT_BIND_NOW
                    30 if value & 8 != 0 => dynamic.bound_at_load = true,    // DT_FLAGS
                    _ => {}
                }
            }
            dynamic
        }
    }

    /// Whether there is a `PT_GNU_RELRO` segment.
    pub(super) fn has_relro(bytes: &[u8]) -> bool {
        let table = word(bytes, pick(0x20, 0x1C));
        let size = number(bytes, pick(0x36, 0x2A), 2);
        let count = number(bytes, pick(0x38, 0x2C), 2);
        (0..count).any(|index| number(bytes, table + index * size, 4) == 0x6474_E552)
    }
}
