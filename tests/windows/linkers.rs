//! Linkers other than mingw's, and what they make with our import libraries.

use std::process::Command;

use crate::place::{Bits, Place, for_both_word_sizes};
use crate::support::wine::run_to_success;
use crate::support::{root, succeed};

for_both_word_sizes!(microsofts_kind_of_linker_takes_the_lib);

/// clang with LLVM's linker, for programs with mingw's runtime.
pub(crate) fn clang(bits: Bits) -> Command {
    let mut command = Command::new("clang");
    command.arg(format!("--target={}-pc-windows-gnu", bits.machine()));
    // Every clang looks for libgcc in other places.
    let mut gcc = Command::new(bits.tool("gcc"));
    let libgcc = succeed(gcc.arg("-print-libgcc-file-name"));
    let (directory, _) = libgcc.trim_end().rsplit_once('/').expect("a path");
    command.arg("-fuse-ld=lld").arg(format!("-L{directory}"));
    command
}

/// By lld-link, which has the options of Microsoft's link.exe, without any of mingw's runtime.
fn microsofts_kind_of_linker_takes_the_lib(place: &Place) {
    let object = place.path("without_runtime.obj");
    let mut compile = Command::new("clang");
    compile.arg(format!("--target={}-pc-windows-gnu", place.bits.machine()));
    compile.args(["-Wall", "-Wextra", "-Werror", "-O1", "-c"]);
    compile.arg(root().join("c_tests/windows/without_runtime.c"));
    succeed(compile.arg("-o").arg(&object));

    let kernel = format!("/usr/{}-w64-mingw32/lib/libkernel32.a", place.bits.machine());
    let machine = match place.bits {
        Bits::SixtyFour => "x64",
        Bits::ThirtyTwo => "x86",
    };
    let mut link = Command::new("lld-link");
    link.args(["/nologo", "/subsystem:console", "/entry:start", "/nodefaultlib"]);
    // mingw's library of kernel32.dll does not say that it is fit for it.
    link.args([format!("/machine:{machine}"), "/safeseh:no".into()]);
    link.arg(format!("/out:{}", place.path("without_runtime.exe").display()));
    link.arg(object).arg(place.bits.built().join("secur32.lib")).arg(kernel);
    succeed(&mut link);
    let printed = run_to_success(&mut place.wine("without_runtime.exe"));
    assert!(["GSSAPI", "DIGEST-MD5"].contains(&&*printed), "{printed}");
}
