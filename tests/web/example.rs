//! The HTTP example programs, built with sanitizers and run on loopback.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{JoinHandle, spawn};

use crate::digest::{Hash, Response};
use crate::raw::Connection;
use crate::support;
use crate::support::examples;
use crate::support::skip::skip;

pub(crate) const REALM: &str = "example.org";

/// The programs, as built.
pub(crate) struct Programs {
    server: PathBuf,
    client: PathBuf,
    proxy_client: PathBuf,
}

impl Programs {
    pub(crate) fn build(more: &[&str]) -> Self {
        let build = |sources| examples::build(sources, more);
        Self {
            server: build(support::HTTP_SERVER),
            client: build(support::HTTP_CLIENT),
            proxy_client: build(support::PROXY_CLIENT),
        }
    }
}

/// The programs under the address and undefined behaviour sanitizers, where the compiler has them.
static PROGRAMS: LazyLock<Programs> = LazyLock::new(|| Programs::build(&examples::CHECKED));

/// A program of a test's own, built as those of the examples are.
pub(crate) fn built(sources: &[&str]) -> PathBuf {
    examples::build(sources, &examples::CHECKED)
}

/// The program of a peer, which is found by running it with `probe`. Where it is missing the test
/// is skipped with a line, and fails in CI.
pub(crate) fn peer(names: &[&str], probe: &[&str], package: &str) -> Option<PathBuf> {
    let found = names.iter().find(|name| {
        let output = Command::new(name).args(probe).output();
        output.is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        skip(&format!("package {package} is missing"));
    }
    found.map(PathBuf::from)
}

/// A directory of its own for one server.
pub(crate) fn directory() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = support::scratch("web").join(format!("{}-{number}", std::process::id()));
    std::fs::create_dir_all(&path).expect("a directory");
    path
}

/// The accounts, with a line for every hash: alice's password is secret, bob's swordfish.
pub(crate) fn accounts() -> String {
    let mut text = String::new();
    for (user, password) in [("alice", "secret"), ("bob", "swordfish")] {
        for hash in [Hash::Md5, Hash::Sha256] {
            let secret = hash.hex(format!("{user}:{REALM}:{password}"));
            writeln!(text, "{user}:{REALM}:{secret}").expect("text");
        }
    }
    text
}

/// Users with the password secret whose lines have what clients hash in UTF-8, and in ISO 8859-1.
pub(crate) const UTF8_USER: &str = "j\u{e4}ger";
pub(crate) const LATIN1_USER: &str = "jos\u{e9}";

fn accounts_beyond_ascii() -> String {
    let latin1: Vec<u8> = format!("{LATIN1_USER}:{REALM}:secret")
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).expect("ISO 8859-1"))
        .collect();
    let utf8 = Hash::Md5.hex(format!("{UTF8_USER}:{REALM}:secret"));
    let latin1 = Hash::Md5.hex(latin1);
    format!("{UTF8_USER}:{REALM}:{utf8}\n{LATIN1_USER}:{REALM}:{latin1}\n")
}

/// A running server.
pub(crate) struct Server {
    process: Child,
    output: Option<JoinHandle<String>>,
    errors: Option<JoinHandle<String>>,
    directory: PathBuf,
    pub(crate) port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl Server {
    /// Starts it with further lines for `[server]`, and returns once it listens.
    pub(crate) fn start(lines: &str) -> Self {
        Self::start_for(0, lines)
    }

    /// The same; it ends after that many connections.
    pub(crate) fn start_for(connections: usize, lines: &str) -> Self {
        Self::start_program(&PROGRAMS.server, connections, lines)
    }

    /// The same with another program that takes the arguments of the example.
    pub(crate) fn start_program(program: &Path, connections: usize, lines: &str) -> Self {
        Self::launch(&mut Command::new(program), connections, lines)
    }

    /// Starts one without sanitizers, which want to be loaded before anything else, with these variables.
    #[allow(dead_code)] // not every crate of tests has such programs
    pub(crate) fn start_with(variables: &[(&str, &str)], lines: &str) -> Self {
        static PLAIN: LazyLock<PathBuf> =
            LazyLock::new(|| examples::build(support::HTTP_SERVER, &["-g"]));
        Self::launch(Command::new(&*PLAIN).envs(variables.iter().copied()), 0, lines)
    }

    fn launch(program: &mut Command, connections: usize, lines: &str) -> Self {
        let directory = directory();
        let config = format!("[server]\nrealm = \"{REALM}\"\naccounts = \"accounts\"\n{lines}\n");
        std::fs::write(directory.join("secur32.toml"), config).expect("a file");
        let accounts = accounts() + &accounts_beyond_ascii();
        std::fs::write(directory.join("accounts"), accounts).expect("a file");
        let mut process = program
            .args(["-v", "--connections", &connections.to_string()])
            .env("SECUR32_CONFIG", directory.join("secur32.toml"))
            .env_remove("SECUR32_ACCOUNTS")
            .env_remove("SECUR32_REALM")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let errors = collect(process.stderr.take().expect("a pipe"));
        let mut output = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut first = String::new();
        output.read_line(&mut first).expect("the server's output");
        let port = first.trim_end().strip_prefix("listening on 127.0.0.1:");
        let Some(port) = port.and_then(|port| port.parse().ok()) else {
            let _ = process.kill();
            panic!("the server says {first:?}; {}", errors.join().expect("its errors"));
        };
        Self { process, output: Some(collect(output)), errors: Some(errors), directory, port }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::new(TcpStream::connect(("127.0.0.1", self.port)).expect("connected"))
    }

    /// Logs in by MD5 so often that the sessions before are forgotten, and their nonces stale.
    pub(crate) fn forget_sessions(&self) {
        let mut connection = self.connect();
        for _ in 0..1030 {
            let response = Response::to(&connection.challenge());
            assert_eq!(connection.ask("GET", "/", &response.text()).status, 200);
        }
    }

    /// Stops it, which must not have stopped by itself; its whole dialogue.
    pub(crate) fn stop(mut self) -> String {
        let ended = self.process.try_wait().expect("a process");
        let _ = self.process.kill();
        let _ = self.process.wait();
        let (output, errors) = self.texts();
        assert!(ended.is_none() && errors.is_empty(), "{ended:?}\n{output}\n{errors}");
        output
    }

    /// Waits for its end after its last connection; its whole dialogue.
    pub(crate) fn finish(mut self) -> String {
        let status = self.process.wait().expect("the server ends");
        let (output, errors) = self.texts();
        assert!(status.success(), "the server ended with {status}\n{output}\n{errors}");
        output
    }

    fn texts(&mut self) -> (String, String) {
        let join = |thread: Option<JoinHandle<String>>| {
            thread.map_or(String::new(), |thread| thread.join().expect("text"))
        };
        (join(self.output.take()), join(self.errors.take()))
    }
}

fn collect(mut output: impl Read + Send + 'static) -> JoinHandle<String> {
    spawn(move || {
        let mut bytes = Vec::new();
        let _ = output.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// How a program ended.
pub(crate) struct Ending {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Ending {
    fn new(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test, with all that was said, unless the exit code is this one.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.output, self.errors);
        self
    }
}

/// Runs a peer to its end.
pub(crate) fn run(program: &Path, words: &[&str]) -> Ending {
    let mut command = Command::new(program);
    // Neither the user's own settings nor a proxy come between.
    command.args(words).env("HOME", "/nonexistent").env("no_proxy", "*").stdin(Stdio::null());
    Ending::new(&command.output().expect("the program runs"))
}

/// The same with a peer that says "ready" and waits for the end of its input, while the server forgets its session.
pub(crate) fn run_forgotten(program: &Path, words: &[&str], server: &Server) -> Ending {
    let mut command = Command::new(program);
    command.args(words).env("HOME", "/nonexistent").env("no_proxy", "*");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut text = String::new();
    while !text.ends_with("ready\n") && output.read_line(&mut text).expect("its output") > 0 {}
    server.forget_sessions();
    drop(child.stdin.take());
    output.read_to_string(&mut text).expect("its output");
    let mut ending = Ending::new(&child.wait_with_output().expect("the program ends"));
    ending.output = text.replace("ready\n", "");
    ending
}

/// Runs the example's client for user alice.
pub(crate) fn client(port: u16, password: &str, options: &[&str], paths: &[&str]) -> Ending {
    client_of(port, "alice", password, options, paths)
}

/// Runs the example's client.
pub(crate) fn client_of(
    port: u16,
    user: &str,
    password: &str,
    options: &[&str],
    paths: &[&str],
) -> Ending {
    let mut command = client_command(password);
    command.args(options).args(["127.0.0.1", &port.to_string(), user]).args(paths);
    Ending::new(&command.output().expect("the client runs"))
}

/// Runs it for one page, with these lines of `secur32.toml`.
pub(crate) fn client_with(lines: &str, port: u16, user: &str, password: &str) -> Ending {
    let directory = directory();
    let configuration = directory.join("secur32.toml");
    std::fs::write(&configuration, lines).expect("a file");
    let mut command = client_command(password);
    command.args(["127.0.0.1", &port.to_string(), user, "/"]).env("SECUR32_CONFIG", configuration);
    let ending = Ending::new(&command.output().expect("the client runs"));
    let _ = std::fs::remove_dir_all(directory);
    ending
}

fn client_command(password: &str) -> Command {
    let mut command = Command::new(&PROGRAMS.client);
    command.args(["--password", password]).env_remove("SECUR32_CONFIG").stdin(Stdio::null());
    command
}

/// Runs the example that goes through a proxy.
pub(crate) fn proxy_client(port: u16, password: &str, options: &[&str], urls: &[&str]) -> Ending {
    let mut command = Command::new(&PROGRAMS.proxy_client);
    command.args(["--password", password]).args(options);
    command.args(["127.0.0.1", &port.to_string(), "alice"]).args(urls);
    command.env_remove("SECUR32_CONFIG").stdin(Stdio::null());
    Ending::new(&command.output().expect("the client runs"))
}
