//! The main job at a glance: a C server that was written for `<sspi.h>` logs a client in.

use std::env;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::{Result, install, root};

/// The sources of a pair of programs, and what to say of them.
struct Example {
    shared: &'static [&'static str],
    server: &'static [&'static str],
    client: &'static [&'static str],
    /// The client's words before the server's port, and those after it.
    words: (&'static [&'static str], &'static [&'static str]),
    about: &'static str,
    /// What the server says of a user who was let in.
    welcome: &'static str,
    /// How to log in from elsewhere, given the port.
    elsewhere: fn(&str),
    /// What both read, a path in examples/.
    configuration: Option<&'static str>,
}

const IMAP: Example = Example {
    shared: &["imap_link.c", "imap_layer.c", "imap_profiles.c", "imap_text.c"],
    server: &[
        "imap_server.c",
        "listener.c",
        "peer.c",
        "imap_session.c",
        "imap_login.c",
        "imap_mechanisms.c",
    ],
    client: &["imap_client.c", "imap_reply.c"],
    words: (&["--qop", "auth-conf", "127.0.0.1"], &["alice"]),
    about: "an auth-conf login",
    welcome: " logged in by ",
    elsewhere: |port| println!("  {}\n  {}\n", curl_line(port), gsasl_line(port)),
    configuration: None,
};

const SCRAM: Example = Example {
    words: (&["127.0.0.1"], &["alice"]),
    about: "a login by SCRAM",
    elsewhere: |port| {
        println!("  {}\n\nWho knows DIGEST-MD5 alone still comes in:\n", scram_line(port));
        println!("  {}\n", curl_line(port));
    },
    configuration: Some("scram.toml"),
    ..IMAP
};

const HTTP: Example = Example {
    shared: &["http_link.c", "http_text.c"],
    server: &[
        "http_server.c",
        "listener.c",
        "peer.c",
        "http_session.c",
        "http_gate.c",
        "http_contexts.c",
    ],
    client: &["http_client.c", "http_login.c"],
    words: (&["127.0.0.1"], &["alice", "/", "/page2"]),
    about: "two requests",
    welcome: "this is ",
    elsewhere: |port| {
        println!("  curl -v --digest -u alice:secret http://127.0.0.1:{port}/");
        println!("  a browser at http://127.0.0.1:{port}/ as alice with the password secret\n");
    },
    configuration: None,
};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Show the HTTP example
    #[arg(long)]
    http: bool,
    /// Show the IMAP example with SCRAM before DIGEST-MD5, and GNU SASL's client where it is installed
    #[arg(long, conflicts_with = "http")]
    scram: bool,
    /// Show one realm on three web servers, by Redis or Valkey and HAProxy
    #[arg(long, conflicts_with_all = ["http", "scram", "once", "port"])]
    cluster: bool,
    /// End after the first login, as where standard input is no terminal
    #[arg(long)]
    once: bool,
    /// The server's port; 0 is any
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
}

/// `cargo xtask demo`: builds the library and an example, logs a client in and prints the dialogue;
/// then the server goes on for clients from other terminals.
pub(crate) fn run(wanted: &Options) -> Result<()> {
    if wanted.cluster {
        return crate::cluster::run();
    }
    let once = wanted.once || !std::io::stdin().is_terminal();
    let compiler = Compiler::find()?;
    let prefix = target_directory()?.join("demo");
    install::install(&install::Options::below(&prefix, "release"))?;
    let example = match (wanted.http, wanted.scram) {
        (true, _) => &HTTP,
        (_, true) => &SCRAM,
        _ => &IMAP,
    };
    let server = compiler.build(&prefix, example.server, example.shared)?;
    let client = compiler.build(&prefix, example.client, example.shared)?;

    let others = wanted.scram && runs("gsasl");
    let connections = usize::from(once) * (1 + usize::from(others));
    let mut server = Server::start(example, &server, wanted.port, connections)?;
    if let Some(name) = example.configuration {
        let path = root().join("examples").join(name);
        let text = std::fs::read_to_string(&path).map_err(|error| crate::problem(&path, &error))?;
        println!("\n{}, which both programs read, says:\n\n{text}", path.display());
    }
    println!("\nThe client's view of {} (C: client, S: server):\n", example.about);
    log_in(example, &client, &server.port)?;
    server.print_login(1, example.welcome)?;
    if others {
        println!("\nGNU SASL's client, as it is:\n\n  {}\n", scram_line(&server.port));
        log_in_by_gsasl(&server.port)?;
        server.print_login(2, example.welcome)?;
    }
    if once {
        return server.end();
    }
    println!("\nThe server goes on until Ctrl-C. Log in from another terminal:\n");
    (example.elsewhere)(&server.port);
    server.print_rest()
}

fn curl_line(port: &str) -> String {
    format!("curl -v --login-options AUTH=DIGEST-MD5 -u alice:secret imap://127.0.0.1:{port}/")
}

fn gsasl_line(port: &str) -> String {
    format!(
        "gsasl --imap --no-starttls --connect=127.0.0.1:{port} --mechanism=DIGEST-MD5 \
         --quality-of-protection=qop-int \\\n    --authentication-id=alice --password=secret \
         --realm=example.org --service=imap --hostname=127.0.0.1"
    )
}

fn scram_line(port: &str) -> String {
    format!(
        "gsasl --imap --no-starttls --connect=127.0.0.1:{port} --mechanism=SCRAM-SHA-256 \\\n    \
         --authentication-id=alice --password=secret --hostname=127.0.0.1"
    )
}

/// Whether this program is there.
fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|out| out.status.success())
}

/// Where cargo puts what it builds: this program lies in a profile's directory of it.
pub(crate) fn target_directory() -> Result<PathBuf> {
    let program = env::current_exe().map_err(|error| format!("this program's path: {error}"))?;
    let target = program.parent().and_then(Path::parent);
    Ok(target.ok_or("this program lies outside a target directory")?.to_path_buf())
}

/// The C compiler: `$CC` (which may have arguments), else `cc`.
pub(crate) struct Compiler {
    words: Vec<String>,
}

impl Compiler {
    pub(crate) fn find() -> Result<Self> {
        let named = env::var("CC").unwrap_or_default();
        let mut words: Vec<String> = named.split_whitespace().map(String::from).collect();
        if words.is_empty() {
            words.push("cc".into());
        }
        let compiler = Self { words };
        let runs =
            compiler.command().arg("--version").output().is_ok_and(|out| out.status.success());
        if runs {
            return Ok(compiler);
        }
        Err(format!(
            "a C compiler is needed, and `{}` does not run: install one (Debian and Ubuntu: \
             apt install gcc libc6-dev), or name yours in the variable CC",
            compiler.words.join(" ")
        ))
    }

    /// With a word for every program.
    pub(crate) fn with(mut self, word: &str) -> Self {
        self.words.push(word.into());
        self
    }

    pub(crate) fn command(&self) -> Command {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().map_or("cc", String::as_str));
        command.args(words);
        command
    }

    /// Builds the server of the HTTP example.
    pub(crate) fn http_server(&self, prefix: &Path) -> Result<PathBuf> {
        self.build(prefix, HTTP.server, HTTP.shared)
    }

    /// Builds the server of the IMAP example.
    pub(crate) fn imap_server(&self, prefix: &Path) -> Result<PathBuf> {
        self.build(prefix, IMAP.server, IMAP.shared)
    }

    /// Builds one program against the library installed below `prefix`, as any user of it would.
    fn build(&self, prefix: &Path, sources: &[&str], shared: &[&str]) -> Result<PathBuf> {
        let examples = root().join("examples");
        let name = sources.first().and_then(|source| source.strip_suffix(".c"));
        let program = prefix.join(name.ok_or("a program has sources")?);
        let library = prefix.join("lib");
        let mut command = self.command();
        command.args(["-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic"]);
        command.arg("-I").arg(prefix.join("include/secur32"));
        command.args(sources.iter().chain(shared).map(|source| examples.join(source)));
        command.arg("-o").arg(&program);
        command.arg("-L").arg(&library).args(["-lsecur32", "-lpthread"]);
        command.arg(format!("-Wl,-rpath,{}", library.display()));
        crate::succeed(&mut command)?;
        Ok(program)
    }
}

/// The running server; it is stopped when this is dropped.
struct Server {
    process: Child,
    lines: BufReader<ChildStdout>,
    port: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell of anything else.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Ends after so many connections; 0 is never.
    fn start(example: &Example, program: &Path, port: u16, connections: usize) -> Result<Self> {
        let mut command = example.command(program);
        command.args(["-v", "--port", &port.to_string()]);
        command.args(["--connections", &connections.to_string(), "--accounts"]);
        command.arg(root().join("examples/accounts.htdigest"));
        command.env("SECUR32_REALM", "example.org").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let lines = BufReader::new(process.stdout.take().ok_or("the server has no output")?);
        let mut server = Self { process, lines, port: String::new() };
        let first = server.line()?.ok_or("the server did not start")?;
        let port = first.strip_prefix("listening on 127.0.0.1:");
        server.port = port.ok_or_else(|| format!("the server says: {first}"))?.into();
        println!("\nThe server is {first}.");
        Ok(server)
    }

    /// The next line of its output, or nothing at the end.
    fn line(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line);
        let length = read.map_err(|error| format!("the server's output: {error}"))?;
        Ok((length > 0).then(|| line.trim_end().to_string()))
    }

    /// Passes over its view of the connection of this number, but for what it knows of the login.
    fn print_login(&mut self, number: u32, welcome: &str) -> Result<()> {
        let mark = format!("[{number}] -- ");
        while let Some(line) = self.line()? {
            let remark = line.strip_prefix(&mark);
            if remark == Some("closed") {
                return Ok(());
            }
            let remark = remark.filter(|text| text.contains(welcome));
            if let Some(remark) = remark {
                println!("\nThe server, by QueryContextAttributes: {remark}");
            }
        }
        Err("the server ended early".into())
    }

    /// Prints its view of all further connections.
    fn print_rest(&mut self) -> Result<()> {
        while let Some(line) = self.line()? {
            println!("{line}");
        }
        Err("the server ended".into())
    }

    /// Waits for it to end after its one connection.
    fn end(&mut self) -> Result<()> {
        let status = self.process.wait().map_err(|error| format!("the server: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("the server ended with {status}")) }
    }
}

impl Example {
    /// A program of this example, with its configuration.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some(name) = self.configuration {
            command.env("SECUR32_CONFIG", root().join("examples").join(name));
        }
        command
    }
}

/// Logs the sample account in; the client prints its dialogue itself.
fn log_in(example: &Example, client: &Path, port: &str) -> Result<()> {
    let mut command = example.command(client);
    command.args(example.words.0).arg(port).args(example.words.1);
    give(&mut command, "secret\n")
}

/// Logs it in by GNU SASL's client, which goes on with what it reads after the login.
fn log_in_by_gsasl(port: &str) -> Result<()> {
    let mut command = Command::new("gsasl");
    command.args(["--imap", "--no-starttls", "--mechanism=SCRAM-SHA-256"]);
    command.args(["--authentication-id=alice", "--password=secret", "--hostname=127.0.0.1"]);
    command.arg(format!("--connect=127.0.0.1:{port}"));
    give(&mut command, "n NOOP\n")
}

/// Runs a program with this on its standard input.
fn give(command: &mut Command, text: &str) -> Result<()> {
    let mut process =
        command.stdin(Stdio::piped()).spawn().map_err(|error| format!("{command:?}: {error}"))?;
    if let Some(mut input) = process.stdin.take() {
        // A client that ends without reading says why itself.
        let _ = input.write_all(text.as_bytes());
    }
    let status = process.wait().map_err(|error| format!("the client: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the client ended with {status}")) }
}
