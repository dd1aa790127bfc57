//! The files that build.rs makes.

use crate::{Result, cargo, succeed};

/// Lets build.rs write them: it runs before the library is compiled, so that a library which does
/// not compile is reported after they have been written.
pub(crate) fn run() -> Result<()> {
    let mut check = cargo();
    check.args(["check", "--quiet", "--package", "secur32", "--lib"]).env("SECUR32_UPDATE", "1");
    succeed(&mut check)?;
    println!("include/secur32.h, def/secur32.def and def/secur32.map are up to date");
    Ok(())
}
