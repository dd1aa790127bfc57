//! The example programs of C, as tests run them.

use std::path::PathBuf;
use std::sync::LazyLock;

use super::skip::skip;
use super::{STRICT, compile_c, compiler, scratch};

/// How a program is compiled that shall stop at its first mistake.
pub(crate) const SANITIZE: &[&str] =
    &["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

/// Whether the compiler has the sanitizers; says `skipped` where not.
pub(crate) fn have_sanitizers(skipped: &str) -> bool {
    let probe = scratch("probe").join("probe.c");
    std::fs::write(&probe, "int main(void) { return 0; }\n").expect("a scratch file");
    let mut trial = compiler("cc", &[probe.to_str().expect("a path")], SANITIZE);
    let output = trial.arg("-o").arg(probe.with_extension("out")).output();
    let works = output.is_ok_and(|output| output.status.success());
    if !works {
        skip(&format!("cc has no sanitizers, {skipped}"));
    }
    works
}

/// The sanitizers' flags, or what debuggers want where the compiler has none.
pub(crate) static CHECKED: LazyLock<&[&str]> =
    LazyLock::new(|| if have_sanitizers("the examples run without") { SANITIZE } else { &["-g"] });

/// An example's program from its sources, by a compiler with `more` flags.
pub(crate) fn build(sources: &[&str], more: &[&str]) -> PathBuf {
    compile_c(sources, &[&["-std=c99"], STRICT, more].concat())
}
