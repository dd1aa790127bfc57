//! Web servers for the benchmark to ask: the HTTP example, Apache httpd with mod_auth_digest, and lighttpd with
//! its mod_auth.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::daemons::{Server, is_root, miss};
use crate::{Result, root, succeed};

const APACHE: &str = "/usr/sbin/apache2";
const MODULE_DIRECTORY: &str = "/usr/lib/apache2/modules";
const MODULES: [&str; 6] =
    ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_digest", "dir"];
const DRIVER: &str = "/usr/lib/x86_64-linux-gnu/apr-util-1/apr_dbd_pgsql-1.so";
const LIGHTTPD: &str = "/usr/sbin/lighttpd";
const REALM: &str = "example.org";

/// Where the servers find their users.
pub(crate) enum Accounts<'a> {
    /// In a file of htdigest's.
    File,
    /// In a database: where the example's configuration says, and by mod_authn_dbd with these parameters
    /// for PostgreSQL. lighttpd has nothing for it.
    Database { configuration: &'a Path, parameters: &'a str },
}

/// Runs `program` on the example and the others that are there.
pub(crate) fn run(
    program: &Path,
    effort: Option<&str>,
    example: &Path,
    accounts: &Accounts<'_>,
) -> Result<()> {
    let is_database = matches!(accounts, Accounts::Database { .. });
    let mut others = vec![];
    if !Path::new(APACHE).exists() {
        miss("Apache httpd", "apache2-bin")?;
    } else if is_database && !Path::new(DRIVER).exists() {
        miss("Apache's driver for PostgreSQL", "libaprutil1-dbd-pgsql")?;
    } else {
        others.push(("Apache", apache(accounts)?));
    }
    if !is_database && Path::new(LIGHTTPD).exists() {
        others.push(("lighttpd", lighttpd()?));
    } else if !is_database {
        miss("lighttpd", "lighttpd")?;
    }
    if others.is_empty() {
        return Ok(());
    }
    let ours = our_example(example, accounts)?;
    let others = others.iter().map(|(name, server)| server.word(name));
    let mut command = Command::new(program);
    command.args(effort).arg("--load").arg(ours.word("secur32")).args(others);
    succeed(&mut command)
}

fn our_example(program: &Path, accounts: &Accounts<'_>) -> Result<Server> {
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
    Server::example(&mut command)
}

fn apache(accounts: &Accounts<'_>) -> Result<Server> {
    Server::start(Path::new(APACHE), &[], "resuming normal operations", |directory, port| {
        let file = configure_apache(directory, port, accounts)?;
        Ok(vec!["-D".into(), "FOREGROUND".into(), "-f".into(), file])
    })
}

fn lighttpd() -> Result<Server> {
    Server::start(Path::new(LIGHTTPD), &[], "server started", |directory, port| {
        lay_out(directory)?;
        let at = directory.display();
        let text = format!(
            "server.document-root = \"{at}/pages\"\nserver.bind = \"127.0.0.1\"\nserver.port = {port}\n\
             server.modules = (\"mod_auth\", \"mod_authn_file\")\n\
             server.max-keep-alive-requests = 65535\nserver.max-keep-alive-idle = 60\n\
             auth.backend = \"htdigest\"\nauth.backend.htdigest.userfile = \"{at}/accounts\"\n\
             auth.require = (\"/\" => (\"method\" => \"digest\", \"realm\" => \"{REALM}\",\n\
             \x20 \"algorithm\" => \"MD5\", \"require\" => \"valid-user\"))\n"
        );
        let file = directory.join("configuration");
        fs::write(&file, text)?;
        Ok(vec!["-D".into(), "-f".into(), file.into()])
    })
}

/// Pages and accounts.
fn lay_out(directory: &Path) -> io::Result<()> {
    let pages = directory.join("pages");
    fs::create_dir_all(&pages)?;
    fs::write(pages.join("page2"), "<!DOCTYPE html>\n<title>page</title>\n<p>A page.</p>\n")?;
    fs::copy(root().join("examples/accounts.htdigest"), directory.join("accounts"))?;
    Ok(())
}

/// Apache's configuration. Where all its threads have work, it closes connections that are kept: it has twice as
/// many as there are connections.
fn configure_apache(directory: &Path, port: u16, accounts: &Accounts<'_>) -> io::Result<OsString> {
    lay_out(directory)?;
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
         DocumentRoot {at}/pages\nStartServers 1\nServerLimit 1\nThreadLimit 128\nThreadsPerChild 128\n\
         MaxRequestWorkers 128\nMaxKeepAliveRequests 0\nKeepAliveTimeout 60\n\
         <Location />\nAuthType Digest\nAuthName {REALM}\n{provider}Require valid-user\n</Location>\n"
    );
    let file = directory.join("configuration");
    fs::write(&file, text)?;
    Ok(file.into())
}
