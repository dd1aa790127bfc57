//! Sizes, offsets and slots, as mingw-w64's <sspi.h> has them.

use std::fs;

use crate::place::{Place, for_both_word_sizes};
use crate::support::root;
use crate::support::wine::run_to_success;

for_both_word_sizes!(
    the_layout_is_that_of_the_windows_headers,
    the_function_tables_hold_the_exports,
);

fn the_layout_is_that_of_the_windows_headers(place: &Place) {
    let program = root().join("c_tests/abi_layout.c");
    let ours = root().join("include/secur32.h");
    // The platform's headers alone, and ours after them.
    for (name, more) in
        [("alone", String::new()), ("both", format!("#include \"{}\"", ours.display()))]
    {
        let source = place.path(&format!("layout_{name}.c"));
        let includes = "#define SECURITY_WIN32\n#include <windows.h>\n#include <sspi.h>\n";
        let text = format!(
            "{includes}{more}\n#undef SECURITY_WIN32\n#include \"{}\"\n",
            program.display()
        );
        fs::write(&source, format!("#define _WIN32_WINNT 0x0A00\n{text}")).expect("a file");
        let name = format!("layout_{name}.exe");
        place.compile(&[&source.to_string_lossy()], "libsecur32.dll.a", &name);
        let printed = run_to_success(&mut place.wine(&name));
        assert_eq!(printed.trim_end(), "the layout is Windows'");
    }
}

fn the_function_tables_hold_the_exports(place: &Place) {
    let source = place.path("table.c");
    let program = root().join("c_tests/function_table.c");
    let text = format!("#define _WIN32_WINNT 0x0A00\n#include \"{}\"\n", program.display());
    fs::write(&source, text).expect("a file");
    place.compile(&[&source.to_string_lossy()], "libsecur32.dll.a", "table.exe");
    run_to_success(&mut place.wine("table.exe"));
}
