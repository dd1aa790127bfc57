//! How much there is to load, and how long it takes until the first challenge.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::daemons::miss;
use crate::{Result, dist, install, problem, root, succeed};

/// Where `cargo xtask windows` leaves the DLL.
const DLL: &str = "target/windows/x86_64/secur32.dll";

/// Runs `program` on this library and on Cyrus SASL, where there is one, and prints what files have.
pub(crate) fn run(
    program: &Path,
    effort: Option<&str>,
    prefix: &Path,
    has_cyrus: bool,
) -> Result<()> {
    let library = prefix.join("lib").join(format!("libsecur32.so.{}", install::version()?));
    let mut command = Command::new(program);
    command.args(effort).arg(format!("secur32={}", library.display()));
    command.args(has_cyrus.then_some("Cyrus=libsasl2.so.2"));
    succeed(&mut command)?;
    println!("\nSizes of files, KiB{:>25}{:>10}", "stripped", "debug");
    print_sizes(&library, "objcopy", prefix)?;
    let dll = root().join(DLL);
    if dll.is_file() {
        print_sizes(&dll, "x86_64-w64-mingw32-objcopy", prefix)?;
    } else {
        println!("SKIPPED: {DLL}: `cargo xtask windows` has not built it");
    }
    Ok(())
}

/// What `cargo xtask dist` makes of a library: its code, and beside it what debuggers read.
fn print_sizes(library: &Path, objcopy: &str, prefix: &Path) -> Result<()> {
    let place = prefix.join("sizes");
    fs::create_dir_all(&place).map_err(|error| problem(&place, &error))?;
    let name = library.file_name().unwrap_or_default();
    let copy = place.join(name);
    fs::copy(library, &copy).map_err(|error| problem(library, &error))?;
    let debug = dist::take_debug(&copy, &place, objcopy)?;
    let size = |path: &Path| fs::metadata(path).map_err(|error| problem(path, &error));
    let [stripped, debug] = [size(&copy)?.len(), size(&debug)?.len()];
    println!("{:<34}{:>10}{:>10}", name.display(), stripped / 1024, debug / 1024);
    Ok(())
}

/// Loads the DLL, as [`run`] has stripped it, and Wine's own in turns.
pub(crate) fn run_windows(prefix: &Path, effort: Option<&str>) -> Result<()> {
    let dll = prefix.join("sizes/secur32.dll");
    let wine = Command::new("wine").arg("--version").output();
    let Ok(version) = wine.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    else {
        return miss("Wine", "wine64; or put `.ci/wine trixie` into PATH");
    };
    if !dll.is_file() {
        println!("SKIPPED: LoadLibrary: there is no DLL");
        return Ok(());
    }
    let program = prefix.join("load.exe");
    let mut compiler = Command::new("x86_64-w64-mingw32-gcc");
    compiler.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-o"]).arg(&program);
    succeed(compiler.arg(root().join("benches/windows/load.c")))?;
    println!("\nLoadLibrary under {version}, us");
    let place = prefix.join(version);
    fs::create_dir_all(&place).map_err(|error| problem(&place, &error))?;
    let with_wine = |program: &str| {
        let mut command = Command::new(program);
        command.env("WINEPREFIX", &place).env("WINEDEBUG", "-all");
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml,winedbg.exe=;secur32=n,b");
        command
    };
    // Wine's server, which every process would start anew, stays for a minute.
    let mut server = with_wine("wineserver");
    server.arg("-p60").stdout(Stdio::null()).stderr(Stdio::null());
    succeed(&mut server)?;
    let mut boot = with_wine("wine");
    succeed(boot.args(["wineboot", "--init"]).stdout(Stdio::null()).stderr(Stdio::null()))?;
    let mut load = with_wine("wine");
    load.arg(&program).args(effort).arg(format!("Z:{}", dll.display()).replace('/', "\\"));
    load.arg("C:\\windows\\system32\\secur32.dll");
    succeed(&mut load)
}
