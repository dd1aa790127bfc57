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
const MODULES: [&str; 6] =
    ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_digest", "dir"];
const REALM: &str = "example.org";

/// Where both servers find their users.
pub(crate) enum Accounts<'a> {
    /// In a file of htdigest's.
    File,
    /// In a database: where the example's configuration says, and by mod_authn_dbd with these parameters
    /// for PostgreSQL.
    Database { configuration: &'a Path, parameters: &'a str },
}

/// Runs `program` on both servers; where Apache is missing, says so and does nothing.
pub(crate) fn run(program: &Path, example: &Path, accounts: &Accounts<'_>) -> Result<()> {
    let driver = "/usr/lib/x86_64-linux-gnu/apr-util-1/apr_dbd_pgsql-1.so";
    let is_database = matches!(accounts, Accounts::Database { .. });
    for (file, package) in [(APACHE, "apache2-bin"), (driver, "libaprutil1-dbd-pgsql")] {
        if !Path::new(file).exists() && (file == APACHE || is_database) {
            println!("Apache httpd or a part is missing (Debian: apt install {package})");
            return Ok(());
        }
    }
    let apache = Server::apache(accounts)?;
    let ours = Server::example(example, accounts)?;
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
    fn example(program: &Path, accounts: &Accounts<'_>) -> Result<Self> {
        let mut command = Command::new(program);
        command.env("SECUR32_REALM", REALM).env_remove("SECUR32_CONFIG");
        match accounts {
            Accounts::File => {
                command.arg("--accounts").arg(root().join("examples/accounts.htdigest"));
            }
            Accounts::Database { configuration, .. } => {
                command.env("SECUR32_CONFIG", configuration).env_remove("SECUR32_ACCOUNTS");
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let output = process.stdout.take().ok_or("the example has no output")?;
        let mut server = Self { process, directory: None, port: 0 };
        let line = wait_for("listening on", output)?;
        let port = line.rsplit(':').next().and_then(|port| port.parse().ok());
        server.port = port.ok_or_else(|| format!("the example says: {line}"))?;
        Ok(server)
    }

    fn apache(accounts: &Accounts<'_>) -> Result<Self> {
        // Someone else may take the port before Apache does; then it says so and ends.
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        drop(listener);
        let directory = std::env::temp_dir().join(format!("secur32-load-{}", std::process::id()));
        let file = lay_out(&directory, port, accounts)
            .map_err(|error| format!("{directory:?}: {error}"))?;
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
pub(crate) fn wait_for(text: &str, output: impl Read + Send + 'static) -> Result<String> {
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
fn lay_out(directory: &Path, port: u16, accounts: &Accounts<'_>) -> io::Result<PathBuf> {
    let pages = directory.join("pages");
    fs::create_dir_all(&pages)?;
    permissions(directory, 0o755)?;
    fs::write(pages.join("page2"), "<!DOCTYPE html>\n<title>page</title>\n<p>A page.</p>\n")?;
    fs::copy(root().join("examples/accounts.htdigest"), directory.join("accounts"))?;
    let mut text = String::new();
    let at = directory.display();
    let (modules, provider): (&[&str], String) = match accounts {
        Accounts::File => {
            (&["authn_file"], format!("AuthDigestProvider file\nAuthUserFile {at}/accounts\n"))
        }
        Accounts::Database { .. } => (
            &["authn_dbd", "dbd"],
            "AuthDigestProvider dbd\nAuthDBDUserRealmQuery \"SELECT ha1 FROM accounts WHERE username = %s \
             AND realm = %s\"\n"
                .to_owned(),
        ),
    };
    for name in MODULES.iter().chain(modules) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "LoadModule {name}_module {MODULE_DIRECTORY}/mod_{name}.so");
    }
    if let Accounts::Database { parameters, .. } = accounts {
        let _ = writeln!(
            text,
            "DBDriver pgsql\nDBDParams \"{parameters}\"\nDBDMin 4\nDBDKeep 8\nDBDMax 25"
        );
    }
    // The user of root's own server; without root there is no choice.
    let user = if is_root() { "User www-data\nGroup www-data\n" } else { "" };
    let _ = write!(
        text,
        "ServerRoot {at}\nServerName 127.0.0.1\nListen 127.0.0.1:{port}\n\
         DefaultRuntimeDir {at}\nPidFile {at}/pid\nErrorLog /dev/stderr\nLogLevel notice\n{user}\
         DocumentRoot {at}/pages\nStartServers 1\nServerLimit 1\nThreadsPerChild 25\n\
         MaxRequestWorkers 25\nMaxKeepAliveRequests 0\nKeepAliveTimeout 60\n\
         <Location />\nAuthType Digest\nAuthName {REALM}\n{provider}Require valid-user\n</Location>\n"
    );
    let file = directory.join("configuration");
    fs::write(&file, text)?;
    Ok(file)
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}
