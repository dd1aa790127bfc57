//! The DLL's file: what it exports and imports, its version and its flags.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::place::{Bits, Place, for_both_word_sizes};
use crate::support::{read, succeed};

for_both_word_sizes!(
    it_exports_its_list_and_needs_windows_alone,
    its_addresses_are_random_and_its_data_is_no_code,
    it_has_its_version,
);

/// What `objdump -p` says of the DLL.
fn objdump(bits: Bits) -> String {
    succeed(Command::new(bits.tool("objdump")).arg("-p").arg(bits.built().join("secur32.dll")))
}

fn it_exports_its_list_and_needs_windows_alone(place: &Place) {
    let text = objdump(place.bits);
    let table = text.split_once("[Ordinal/Name Pointer] Table").expect("exports").1;
    let names = table.lines().skip(1).map_while(|line| line.trim().strip_prefix('['));
    let names = names.filter_map(|line| line.split_whitespace().last());
    let exports: BTreeSet<_> = names.map(String::from).collect();
    let list = read("def/secur32.def");
    let listed: BTreeSet<String> =
        list.lines().filter_map(|line| line.strip_prefix("    ")).map(String::from).collect();
    assert!(listed.len() >= 101, "{listed:?}");
    assert_eq!(exports, listed);
    let imported = text.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: "));
    let imported: BTreeSet<_> = imported.map(str::to_ascii_lowercase).collect();
    // Others than these the standard library would import for functions that nothing calls.
    let used =
        ["advapi32", "api-ms-win-core-synch-l1-2-0", "kernel32", "msvcrt", "ntdll", "ws2_32"];
    assert_eq!(imported, used.map(|name| format!("{name}.dll")).into());
}

/// On 32-bit x86 a function takes its arguments off the stack, and the compiler writes into its symbol
/// how many bytes those are. 64-bit callers do that themselves.
#[test]
fn on_32_bits_its_functions_take_the_listed_bytes() {
    let Some(place) = Place::of(Bits::ThirtyTwo) else { return };
    let mut nm = Command::new(place.bits.tool("nm"));
    let symbols = succeed(nm.arg(place.bits.built().join("secur32.dll")));
    let symbols: BTreeSet<_> =
        symbols.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let list = read("def/exports.txt");
    let mut listed = 0;
    for line in list.lines().filter(|line| !line.starts_with('#') && !line.ends_with(" unix")) {
        let Some((name, rest)) = line.split_once(char::is_whitespace) else { continue };
        let bytes = rest.split_whitespace().next().expect("bytes");
        assert!(symbols.contains(&*format!("_{name}@{bytes}")), "{line}");
        listed += 1;
    }
    assert!(listed >= 101, "{listed}");
}

fn its_addresses_are_random_and_its_data_is_no_code(place: &Place) {
    let text = objdump(place.bits);
    let flags = text.split_once("DllCharacteristics").expect("flags").1;
    let flags: Vec<_> = flags.lines().skip(1).map_while(|line| line.strip_prefix('\t')).collect();
    let has = |name| flags.iter().any(|flag| flag.trim() == name);
    assert!(has("DYNAMIC_BASE") && has("NX_COMPAT"), "{flags:?}");
    assert_eq!(has("HIGH_ENTROPY_VA"), place.bits == Bits::SixtyFour, "{flags:?}");
    // Without these the loader cannot move it.
    let relocations = text.lines().find(|line| line.contains("Base Relocation Directory"));
    let size = relocations.and_then(|line| line.split_whitespace().nth(3)).expect("a size");
    assert_ne!(u32::from_str_radix(size, 16), Ok(0));
}

/// The resource that Explorer shows, and that installers compare.
fn it_has_its_version(place: &Place) {
    let file = fs::read(place.bits.built().join("secur32.dll")).expect("the DLL");
    let find = |bytes: &[u8]| file.windows(bytes.len()).position(|window| window == bytes);
    // VS_FIXEDFILEINFO: signature and structure version, then the file's version in two words.
    let fixed = find(&[0xBD, 0x04, 0xEF, 0xFE, 0, 0, 1, 0]).expect("VS_FIXEDFILEINFO") + 8;
    let part = |at: usize| u16::from_le_bytes([file[fixed + at], file[fixed + at + 1]]);
    let numbers = [part(2), part(0), part(6), part(4)].map(|part| part.to_string()).join(".");
    assert_eq!(numbers, concat!(env!("CARGO_PKG_VERSION"), ".0"));
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    for text in ["ProductVersion", "secur32.dll", env!("CARGO_PKG_DESCRIPTION")] {
        assert!(find(&utf16(text)).is_some(), "{text}");
    }
}
