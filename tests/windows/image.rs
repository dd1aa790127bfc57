//! The DLL's file, as mingw's tools show it.

use std::collections::BTreeSet;
use std::process::Command;

use crate::common::{read, succeed};
use crate::place::{Place, for_both_word_sizes};

for_both_word_sizes!(it_exports_its_list_and_needs_windows_alone);

/// What `objdump -p` says of the DLL, as pieces: imported DLLs, and exported names.
fn objdump(place: &Place) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut objdump = Command::new(place.bits.tool("objdump"));
    let text = succeed(objdump.arg("-p").arg(place.bits.built().join("secur32.dll")));
    let imports = text.lines().filter_map(|line| line.trim().strip_prefix("DLL Name: "));
    let table = text.split_once("[Ordinal/Name Pointer] Table").expect("exports").1;
    let names = table.lines().skip(1).map_while(|line| line.trim().strip_prefix('['));
    let names = names.filter_map(|line| line.split_whitespace().last());
    (imports.map(str::to_ascii_lowercase).collect(), names.map(String::from).collect())
}

fn it_exports_its_list_and_needs_windows_alone(place: &Place) {
    let (imports, exports) = objdump(place);
    let list = read("def/secur32.def");
    let listed: BTreeSet<String> =
        list.lines().filter_map(|line| line.strip_prefix("    ")).map(String::from).collect();
    assert!(listed.len() >= 101, "{listed:?}");
    assert_eq!(exports, listed);
    for name in &imports {
        let known = ["advapi32", "kernel32", "msvcrt", "ntdll", "userenv", "ws2_32"];
        let known = known.iter().any(|known| *name == format!("{known}.dll"));
        assert!(known || name == "api-ms-win-core-synch-l1-2-0.dll", "{name}");
    }
}
