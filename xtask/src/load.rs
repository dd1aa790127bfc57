//! Web servers for the benchmark to ask: the HTTP example, and Apache httpd with mod_auth_digest.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::install::permissions;
use crate::{Result, root, succeed};

const APACHE: &str = "/usr/sbin/apache2";
const MODULE_DIRECTORY: &str = "/usr/lib/apache2/modules";
const MODULES: [&str; 7] =
    ["mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_digest", "dir"];
const REALM: &str = "example.org";

/// Runs `program` on both servers; where Apache is missing, says so and does nothing.
pub(crate) fn run(program: &Path, example: &Path) -> Result<()> {
    if !Path::new(APACHE).exists() {
        println!("Apache httpd is missing (Debian: apt install apache2-bin)");
        return Ok(());
    }
    let apache = Server::apache()?;
    let ours = Server::example(example)?;
    let places = [format!("secur32={}", ours.port), format!("Apache={}", apache.port)];
    succeed(Command::new(program).arg("--load").args(places))
}

/// A running server, stopped when dropped.
struct Server {
    process: Child,
    directory: Option<PathBuf>,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Apache ends its children when it is asked to end, and not when it is killed.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
        if let Some(directory) = &self.directory {
            let _ = fs::remove_dir_all(directory);
        }
    }
}

impl Server {
    fn example(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg("--accounts").arg(root().join("examples/accounts.htdigest"));
        command.env("SECUR32_REALM", REALM).env_remove("SECUR32_CONFIG");
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let output = process.stdout.take().ok_or("the example has no output")?;
        let mut server = Self { process, directory: None, port: 0 };
        let line = wait_for("listening on", output)?;
        let port = line.rsplit(':').next().and_then(|port| port.parse().ok());
        server.port = port.ok_or_else(|| format!("the example says: {line}"))?;
        Ok(server)
    }

    fn apache() -> Result<Self> {
        // Someone else may take the port before Apache does; then it says so and ends.
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        drop(listener);
        let directory = std::env::temp_dir().join(format!("secur32-load-{}", std::process::id()));
        let file = lay_out(&directory, port).map_err(|error| format!("{directory:?}: {error}"))?;
        let mut command = Command::new(APACHE);
        command.args(["-D", "FOREGROUND", "-f"]).arg(file);
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let errors = process.stderr.take().ok_or("Apache has no output")?;
        let server = Self { process, directory: Some(directory), port };
        wait_for("resuming normal operations", errors)?;
        Ok(server)
    }
}

/// The line with `text`; what comes after it is read and thrown away.
fn wait_for(text: &str, output: impl Read + Send + 'static) -> Result<String> {
    let mut output = BufReader::new(output);
    let mut said = String::new();
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).map_err(|error| error.to_string())? == 0 {
            return Err(format!("a server does not start: {said}"));
        }
        if line.contains(text) {
            thread::spawn(move || io::copy(&mut output, &mut io::sink()));
            return Ok(line.trim_end().into());
        }
        said += &line;
    }
}

/// Apache's configuration, pages and accounts, where its own user can read them.
fn lay_out(directory: &Path, port: u16) -> io::Result<PathBuf> {
    let pages = directory.join("pages");
    fs::create_dir_all(&pages)?;
    permissions(directory, 0o755)?;
    fs::write(pages.join("page2"), "<!DOCTYPE html>\n<title>page</title>\n<p>A page.</p>\n")?;
    fs::copy(root().join("examples/accounts.htdigest"), directory.join("accounts"))?;
    let mut text = String::new();
    for name in MODULES {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "LoadModule {name}_module {MODULE_DIRECTORY}/mod_{name}.so");
    }
    let at = directory.display();
    // The user of root's own server; without root there is no choice.
    let user = if is_root() { "User www-data\nGroup www-data\n" } else { "" };
    let _ = write!(
        text,
        "ServerRoot {at}\nServerName 127.0.0.1\nListen 127.0.0.1:{port}\n\
         DefaultRuntimeDir {at}\nPidFile {at}/pid\nErrorLog /dev/stderr\nLogLevel notice\n{user}\
         DocumentRoot {at}/pages\nStartServers 1\nServerLimit 1\nThreadsPerChild 25\n\
         MaxRequestWorkers 25\nMaxKeepAliveRequests 0\nKeepAliveTimeout 60\n\
         <Location />\nAuthType Digest\nAuthName {REALM}\nAuthDigestProvider file\n\
         AuthUserFile {at}/accounts\nRequire valid-user\n</Location>\n"
    );
    let file = directory.join("configuration");
    fs::write(&file, text)?;
    Ok(file)
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}
