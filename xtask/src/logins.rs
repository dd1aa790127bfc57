//! IMAP servers for the benchmark to log in to: the example, Dovecot with its own DIGEST-MD5, and Cyrus imapd.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use crate::daemons::{Server, id, is_root, miss};
use crate::install::permissions;
use crate::{Result, root, succeed};

const DOVECOT: &str = "/usr/sbin/dovecot";
/// Where .ci/install unpacks Cyrus imapd, which Debian does not install beside Dovecot; else where it is installed.
const CYRUS: [&str; 2] = ["target/cyrus-imapd/usr", "/usr"];
const REALM: &str = "example.org";
const PASSWORDS: &str = "/usr/sbin/saslpasswd2";
/// What Cyrus's master has a program of ours say once its services have begun.
const READY: &str = "services have begun";
/// The user of the examples' accounts, with what they have of the password.
const ACCOUNT: &str = "alice:{DIGEST-MD5}543e1aec5d3614f03141652d6ada51b2";

/// Runs `program` on the example and the others that are there.
pub(crate) fn run(program: &Path, effort: Option<&str>, example: &Path) -> Result<()> {
    let mut others = vec![];
    if Path::new(DOVECOT).exists() {
        others.push(("Dovecot", dovecot()?));
    } else {
        miss("Dovecot", "dovecot-imapd")?;
    }
    match cyrus_home() {
        Some(home) => others.push(("Cyrus", cyrus(&home)?)),
        None => miss("Cyrus imapd or saslpasswd2", "cyrus-imapd sasl2-bin")?,
    }
    if others.is_empty() {
        return Ok(());
    }
    let mut command = Command::new(example);
    command.env("SECUR32_REALM", REALM).env_remove("SECUR32_CONFIG");
    command.arg("--accounts").arg(root().join("examples/accounts.htdigest"));
    let ours = Server::example(&mut command)?;
    let others = others.iter().map(|(name, server)| server.word(name));
    succeed(Command::new(program).args(effort).arg(ours.word("secur32")).args(others))
}

fn dovecot() -> Result<Server> {
    Server::start(Path::new(DOVECOT), &[], "starting up", |directory, port| {
        let mail = directory.join("mail");
        fs::create_dir_all(&mail)?;
        // Where this runs as root, Dovecot's processes are users of their own, the mail's is nobody.
        permissions(&mail, 0o777)?;
        fs::write(directory.join("users"), format!("{ACCOUNT}\n"))?;
        let file = directory.join("dovecot.conf");
        fs::write(&file, configure_dovecot(directory, port)?)?;
        Ok(vec!["-F".into(), "-c".into(), OsString::from(file)])
    })
}

/// What Dovecot's manual calls high-performance mode, which forks for no login: two processes that log in, and
/// the mail's processes stay too, each for many users.
fn configure_dovecot(directory: &Path, port: u16) -> io::Result<String> {
    let home = directory.display();
    let (user, own) = if is_root() {
        ("nobody".to_owned(), String::new())
    } else {
        let user = id(&["-un"])?;
        let own = format!(
            "default_internal_user = {user}\ndefault_internal_group = {}\ndefault_login_user = {user}\n",
            id(&["-gn"])?
        );
        (user, own)
    };
    let group = id(&["-gn", &user])?;
    Ok(format!(
        "base_dir = {home}/run\nstate_dir = {home}/state\nlog_path = /dev/stderr\n\
         protocols = imap\nssl = no\nlisten = 127.0.0.1\nfirst_valid_uid = 1\n\
         auth_mechanisms = digest-md5\nauth_realms = {REALM}\nauth_failure_delay = 0\n\
         mail_max_userip_connections = 0\ndisable_plaintext_auth = yes\n\
         mail_location = maildir:{home}/mail\nmail_uid = {user}\nmail_gid = {group}\n{own}\
         passdb {{\n  driver = passwd-file\n  args = username_format=%n {home}/users\n}}\n\
         userdb {{\n  driver = static\n  args = home={home}/mail\n}}\n\
         service imap-login {{\n  chroot =\n  service_count = 0\n  process_min_avail = 2\n\
         \x20 process_limit = 2\n  inet_listener imap {{\n    port = {port}\n  }}\n\
         \x20 inet_listener imaps {{\n    port = 0\n  }}\n}}\n\
         service imap {{\n  service_count = 0\n  process_min_avail = 2\n  process_limit = 2\n\
         \x20 client_limit = 1000\n}}\n\
         service anvil {{\n  chroot =\n}}\n"
    ))
}

fn cyrus_home() -> Option<PathBuf> {
    let home = CYRUS.map(|home| root().join(home)).into_iter();
    let home = home.into_iter().find(|home| home.join("lib/cyrus/bin/master").is_file())?;
    Path::new(PASSWORDS).is_file().then_some(home)
}

/// Cyrus imapd with accounts in Cyrus SASL's own database. Its processes stay, each for one user at a time.
fn cyrus(home: &Path) -> Result<Server> {
    let programs = home.join("lib/cyrus/bin");
    let master = programs.join("master");
    let libraries = home.join("lib/x86_64-linux-gnu");
    let environment = [("LD_LIBRARY_PATH", libraries.as_os_str())];
    Server::start(&master, &environment, READY, |directory, port| {
        let at = directory.display();
        for name in
            ["socket", "db", "proc", "lock", "log", "msg", "quota", "user", "ptclient", "mail"]
        {
            fs::create_dir_all(directory.join(name))?;
        }
        let user = if is_root() { "nobody".to_owned() } else { id(&["-un"])? };
        let group = id(&["-gn", &user])?;
        let database = directory.join("sasldb2");
        add_account(&database)?;
        let configuration = directory.join("imapd.conf");
        let text = format!(
            "configdirectory: {at}\npartition-default: {at}/mail\ndefaultpartition: default\n\
             servername: {REALM}\ndefaultdomain: {REALM}\nloginrealms: {REALM}\n\
             cyrus_user: {user}\ncyrus_group: {group}\nfailedloginpause: 0\n\
             sasl_mech_list: DIGEST-MD5\nsasl_pwcheck_method: auxprop\nsasl_auxprop_plugin: sasldb\n\
             sasl_sasldb_path: {}\n",
            database.display()
        );
        fs::write(&configuration, text)?;
        let ready = directory.join("ready");
        fs::write(&ready, format!("#!/bin/sh\necho {READY} >&2\nexec sleep infinity\n"))?;
        permissions(&ready, 0o755)?;
        let text = format!(
            "START {{\n}}\nSERVICES {{\n  imap cmd=\"{}/imapd -C {} -U 100000000\" listen=\"127.0.0.1:{port}\" \
             proto=\"tcp4\" prefork=2 maxchild=100\n}}\nDAEMON {{\n  ready cmd=\"{}\"\n}}\n",
            programs.display(),
            configuration.display(),
            ready.display()
        );
        let services = directory.join("cyrus.conf");
        fs::write(&services, text)?;
        if is_root() {
            let owner = format!("{user}:{group}");
            Command::new("chown").arg("-R").arg(owner).arg(directory).status()?;
        }
        let pid = directory.join("pid");
        Ok(vec![
            "-D".into(),
            "-C".into(),
            configuration.into(),
            "-M".into(),
            services.into(),
            "-p".into(),
            pid.into(),
        ])
    })
}

/// Makes a database of passwords with the user of the examples.
fn add_account(database: &Path) -> io::Result<()> {
    let mut command = Command::new(PASSWORDS);
    command.args(["-p", "-c", "-u", REALM, "-f"]).arg(database).arg("alice");
    let mut process = command.stdin(Stdio::piped()).spawn()?;
    let input = process.stdin.take();
    input.map_or(Ok(()), |mut input| input.write_all(b"secret\n"))?;
    let status = process.wait()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{PASSWORDS}: {status}"))) }
}
