//! The benchmarks: a C program that drives other libraries of SASL and this one in one run, and one
//! that takes a web server's requests.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{fs, io};

use crate::daemons::miss;
use crate::demo::{Compiler, target_directory};
use crate::results::Results;
use crate::{
    Result, chart, install, jdk, load, logins, machines, markdown, problem, rc4_starts, root,
    start_up, succeed, timing,
};

/// A library to compare with.
struct Peer {
    name: &'static str,
    header: &'static str,
    library: &'static str,
    /// What the program is told when the peer is there.
    macro_name: &'static str,
    source: &'static str,
    /// Debian's package of it.
    package: &'static str,
}

const PEERS: [Peer; 2] = [
    Peer {
        name: "Cyrus libsasl2",
        header: "sasl/sasl.h",
        library: "-lsasl2",
        macro_name: "-DHAVE_CYRUS",
        source: "cyrus.c",
        package: "libsasl2-dev",
    },
    Peer {
        name: "GNU SASL",
        header: "gsasl.h",
        library: "-lgsasl",
        macro_name: "-DHAVE_GSASL",
        source: "gsasl.c",
        package: "libgsasl-dev",
    },
];

/// It needs glibc, whose allocator it counts. The table has the peers that are installed, and where the
/// variable CI is `true` they have to be. What was measured is left in `target/bench/results.tsv`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Measure with more patience
    #[arg(long)]
    full: bool,
    /// Measure a web server's side, against the bound that its hashes set, and against Apache httpd and lighttpd
    #[arg(long)]
    http: bool,
    /// Measure logins over loopback: the IMAP example beside Dovecot and Cyrus imapd
    #[arg(long)]
    logins: bool,
    /// Measure `[shared]` and `[sql]` against the same asked by hand, and a web server with both against Apache httpd
    #[arg(long)]
    shared: bool,
    /// Measure new processes up to their first challenge, beside Cyrus SASL, and what has to be loaded
    #[arg(long)]
    start_up: bool,
    /// Measure what time tells others of who is a user
    #[arg(long)]
    timing: bool,
    /// Measure what machines without AVX-512 get, by a build of the library that does not look for it
    #[arg(long)]
    without_avx512: bool,
    /// Measure long messages of RC4 by fresh processes, with the bypass of stores and without
    #[arg(long)]
    rc4: bool,
    /// Print the rows of docs/performance.md
    #[arg(long)]
    markdown: bool,
    /// Print the targets, for programs to read
    #[arg(long)]
    targets: bool,
    /// Draw what was measured
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// Take the results of a file instead of measuring
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

/// `cargo xtask bench`: builds the library and the program, and runs it.
pub(crate) fn run(wanted: &Options) -> Result<()> {
    if let Some(file) = &wanted.from {
        return show(wanted, file);
    }
    let mut compiler = Compiler::find()?;
    let mut prefix = target_directory()?.join("bench");
    let mut flags = vec![];
    if wanted.without_avx512 {
        prefix = prefix.join("without-avx512");
        flags = vec!["--cfg", "without_avx512"];
        compiler = compiler.with("-DWITHOUT_AVX512");
    }
    install::install(&install::Options::below(&prefix, "release").with(flags))?;
    let effort = wanted.full.then_some("--full");
    if wanted.http {
        let program = build_http(&compiler, &prefix)?;
        succeed(std::process::Command::new(&program).args(effort))?;
        let example = compiler.http_server(&prefix)?;
        return load::run(&program, effort, &example, &load::Accounts::File);
    }
    if wanted.logins {
        let program = build_logins(&compiler, &prefix)?;
        return logins::run(&program, effort, &compiler.imap_server(&prefix)?);
    }
    if wanted.shared {
        let program = build_machines(&compiler, &prefix)?;
        let load = build_http(&compiler, &prefix)?;
        return machines::run(&program, effort, &load, &compiler.http_server(&prefix)?);
    }
    if wanted.start_up {
        let (program, has_cyrus) = build_start(&compiler, &prefix)?;
        start_up::run(&program, effort, &prefix, has_cyrus)?;
        return start_up::run_windows(&prefix, effort);
    }
    if wanted.timing {
        return timing::run(&compiler, &prefix, effort);
    }
    if wanted.rc4 {
        return rc4_starts::run(&build(&compiler, &prefix)?, &prefix.join("start.tsv"), effort);
    }
    let results = prefix.join("results.tsv");
    let mut command = std::process::Command::new(build(&compiler, &prefix)?);
    command.args(effort).arg("--results").arg(&results);
    succeed(&mut command)?;
    show(wanted, &results)
}

/// What the options ask for beside the tables.
fn show(wanted: &Options, file: &Path) -> Result<()> {
    let results = Results::load(file)?;
    if wanted.markdown {
        print!("\n{}", markdown::write(&results));
    }
    if let Some(file) = &wanted.chart {
        fs::write(file, chart::draw(&results)).map_err(|error| problem(file, &error))?;
        println!("\nthe chart is in {}", file.display());
    }
    if wanted.targets {
        println!();
        results.targets().iter().for_each(|target| println!("{target}"));
    }
    Ok(())
}

fn build(compiler: &Compiler, prefix: &Path) -> Result<PathBuf> {
    let (found, missing): (Vec<&Peer>, Vec<&Peer>) =
        PEERS.iter().partition(|peer| is_there(compiler, prefix, peer));
    for peer in &missing {
        miss(peer.name, peer.package)?;
    }
    let mut macros: Vec<String> = found.iter().map(|peer| peer.macro_name.into()).collect();
    macros.push("-D_GNU_SOURCE".into());
    let libraries: Vec<&str> = found.iter().map(|peer| peer.library).collect();
    let mut sources = sources("benches/peers", &missing)?;
    // Of servers in processes of their own.
    sources.retain(|source| !source.ends_with("rivals.c"));
    match jdk::build(&prefix.join("java"))? {
        Some(jdk) => macros.extend(jdk.macros()),
        None => {
            miss("the JDK", "openjdk-17-jdk-headless")?;
            sources.retain(|source| !source.ends_with("jdk.c"));
        }
    }
    let macros: Vec<&str> = macros.iter().map(String::as_str).collect();
    compile(compiler, prefix, "peers", &macros, &sources, &libraries)
}

fn build_http(compiler: &Compiler, prefix: &Path) -> Result<PathBuf> {
    let mut sources = sources("benches/http", &[])?;
    // Clock, medians and verdicts are the same.
    sources.extend(
        ["credential.c", "failure.c", "measure.c", "report.c", "rivals.c", "targets.c"]
            .map(|name| root().join("benches/peers").join(name)),
    );
    compile(compiler, prefix, "http", &["-D_GNU_SOURCE"], &sources, &["-ldl"])
}

fn build_logins(compiler: &Compiler, prefix: &Path) -> Result<PathBuf> {
    let mut sources = sources("benches/logins", &[])?;
    let shared = ["client.c", "credential.c", "failure.c", "measure.c", "rivals.c", "secur32.c"];
    sources.extend(shared.map(|name| root().join("benches/peers").join(name)));
    sources.push(root().join("examples/imap_text.c"));
    compile(compiler, prefix, "logins", &["-D_GNU_SOURCE"], &sources, &[])
}

/// Whether it can start Cyrus SASL too.
fn build_start(compiler: &Compiler, prefix: &Path) -> Result<(PathBuf, bool)> {
    let [cyrus, _] = &PEERS;
    let has_cyrus = is_there(compiler, prefix, cyrus);
    // The program loads what it measures, and is linked with none of it.
    let mut macros = vec!["-D_GNU_SOURCE", "-Wl,--as-needed"];
    let mut missing = vec![];
    if has_cyrus {
        macros.push(cyrus.macro_name);
    } else {
        miss(cyrus.name, cyrus.package)?;
        missing.push(cyrus);
    }
    let mut sources = sources("benches/start", &missing)?;
    let shared = ["failure.c", "measure.c", "report.c", "targets.c"];
    sources.extend(shared.map(|name| root().join("benches/peers").join(name)));
    Ok((compile(compiler, prefix, "start", &macros, &sources, &["-ldl"])?, has_cyrus))
}

fn build_machines(compiler: &Compiler, prefix: &Path) -> Result<PathBuf> {
    let mut sources = sources("benches/machines", &[])?;
    let shared = [
        "http/calls.c",
        "peers/credential.c",
        "peers/failure.c",
        "peers/measure.c",
        "peers/report.c",
        "peers/targets.c",
    ];
    sources.extend(shared.map(|name| root().join("benches").join(name)));
    compile(compiler, prefix, "machines", &["-D_GNU_SOURCE"], &sources, &["-ldl"])
}

fn compile(
    compiler: &Compiler,
    prefix: &Path,
    name: &str,
    macros: &[&str],
    sources: &[PathBuf],
    libraries: &[&str],
) -> Result<PathBuf> {
    let program = prefix.join(name);
    let library = prefix.join("lib");
    let mut command = compiler.command();
    command.args(["-std=gnu11", "-O2", "-Wall", "-Wextra"]).args(macros);
    command.arg("-I").arg(prefix.join("include/secur32"));
    command.args(sources);
    command.arg("-o").arg(&program).arg("-L").arg(&library).arg("-lsecur32");
    command.args(libraries).args(["-lm", "-lpthread"]);
    command.arg(format!("-Wl,-rpath,{}", library.display()));
    succeed(&mut command)?;
    Ok(program)
}

/// The program whose operations callgrind counts.
pub(crate) fn build_counted(compiler: &Compiler, prefix: &Path) -> Result<PathBuf> {
    compile(compiler, prefix, "instructions", &[], &counted_sources()?, &[])
}

/// Its sources, `callgrind.c` among them.
pub(crate) fn counted_sources() -> Result<Vec<PathBuf>> {
    let mut sources = sources("benches/instructions", &[])?;
    let shared = [
        "peers/client.c",
        "peers/credential.c",
        "peers/failure.c",
        "peers/measure.c",
        "peers/secur32.c",
        "http/calls.c",
    ];
    sources.extend(shared.map(|name| root().join("benches").join(name)));
    Ok(sources)
}

/// The program that refuses known and unknown users, by a clock or to be counted.
pub(crate) fn build_timing(compiler: &Compiler, prefix: &Path, counted: bool) -> Result<PathBuf> {
    let (name, macros): (_, &[_]) = match counted {
        true => ("timing-counted", &["-D_GNU_SOURCE", "-DCOUNTED"]),
        false => ("timing", &["-D_GNU_SOURCE"]),
    };
    let mut sources = sources("benches/timing", &[])?;
    sources.push(root().join("benches/peers/failure.c"));
    compile(compiler, prefix, name, macros, &sources, &[])
}

/// The C files of a directory, without those of peers that are missing.
fn sources(directory: &str, missing: &[&Peer]) -> Result<Vec<PathBuf>> {
    let directory = root().join(directory);
    let wrong = |error: io::Error| problem(&directory, &error);
    let mut sources = Vec::new();
    for entry in fs::read_dir(&directory).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        let is_missing = missing.iter().any(|peer| path.ends_with(peer.source));
        if path.extension().is_some_and(|extension| extension == "c") && !is_missing {
            sources.push(path);
        }
    }
    Ok(sources)
}

/// Whether a program can be built with the peer.
fn is_there(compiler: &Compiler, prefix: &Path, peer: &Peer) -> bool {
    let mut command = compiler.command();
    command.args(["-x", "c", "-", "-o"]).arg(prefix.join("probe"));
    command.arg(peer.library).stdin(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut process) = command.spawn() else { return false };
    let text = format!(
        "#include <stddef.h>\n#include <{}>\nint main(void) {{ return 0; }}\n",
        peer.header
    );
    let written =
        process.stdin.take().is_some_and(|mut input| input.write_all(text.as_bytes()).is_ok());
    process.wait().is_ok_and(|status| status.success()) && written
}
