//! A realm of our own: an MIT KDC on loopback, with its files in a scratch directory.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::line_protocol::Process;
use crate::programs;

pub(crate) const REALM: &str = "EXAMPLE.ORG";

/// A running KDC; it ends, and its files go, when the last test has done with it.
pub(crate) struct Kdc {
    directory: PathBuf,
    process: Mutex<Option<Process>>,
}

/// The package whose program is not there.
pub(crate) fn missing() -> Option<&'static str> {
    let path = |name: &str| PathBuf::from(format!("/usr/sbin/{name}"));
    if !path("krb5kdc").exists() {
        return Some("krb5-kdc");
    }
    if !path("kadmin.local").exists() {
        return Some("krb5-admin-server");
    }
    PathBuf::from("/usr/bin/kinit").exists().then_some(()).map_or(Some("krb5-user"), |()| None)
}

impl Kdc {
    /// The KDC that the tests running now share.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Kdc>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let kdc = Arc::new(Self::start(|_, _| ()).expect("a KDC"));
            *shared = Arc::downgrade(&kdc);
            kdc
        })
    }

    /// A KDC of the caller's alone, whose clock is as many seconds ahead as its file `clock` says.
    pub(crate) fn with_clock() -> Result<Self, String> {
        let kdc = Self::start(Self::follow_clock)?;
        kdc.set_clock(0)?;
        Ok(kdc)
    }

    /// Sets the clock that commands follow.
    pub(crate) fn set_clock(&self, ahead: i64) -> Result<(), String> {
        // At once: half a number would be another one.
        self.write("clock.new", &ahead.to_string())?;
        fs::rename(self.path("clock.new"), self.path("clock")).map_err(|error| error.to_string())
    }

    /// Lets a command follow this realm's clock.
    pub(crate) fn follow_clock(&self, command: &mut Command) {
        command.env("LD_PRELOAD", programs::other_clock()).env("CLOCK_FILE", self.path("clock"));
    }

    fn start(prepare: fn(&Self, &mut Command)) -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("secur32-gssapi-{}-{count}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let kdc = Self { directory, process: Mutex::new(None) };
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        kdc.write("krb5.conf", &client_configuration(port))?;
        kdc.write("kdc.conf", &kdc.configuration(port))?;
        kdc.write("jaas.conf", &kdc.jaas())?;
        kdc.fill_database()?;
        drop(listener);
        let mut command = kdc.command("/usr/sbin/krb5kdc");
        prepare(&kdc, &mut command);
        let mut process = Process::start_merged("krb5kdc", command.arg("-n"))?;
        // It listens before it says so.
        process.read_until(|line| line.contains("starting").then_some(()))?;
        *kdc.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
        kdc.log_in("cache", &[])?;
        kdc.log_in("forwardable", &["-f"])?;
        Ok(kdc)
    }

    fn configuration(&self, port: u16) -> String {
        let home = self.directory.display();
        format!(
            "[kdcdefaults]\n kdc_listen = 127.0.0.1:{port}\n kdc_tcp_listen = 127.0.0.1:{port}\n\
             [realms]\n {REALM} = {{\n  database_name = {home}/principal\n\
             \x20 key_stash_file = {home}/stash\n  acl_file = {home}/acl\n }}\n\
             [logging]\n kdc = FILE:{home}/kdc.log\n"
        )
    }

    /// How the JDK finds its credentials.
    fn jaas(&self) -> String {
        let home = self.directory.display();
        let module = "com.sun.security.auth.module.Krb5LoginModule required doNotPrompt=true";
        format!(
            "com.sun.security.jgss.krb5.initiate {{ {module} useTicketCache=true \
             ticketCache=\"{home}/cache\"; }};\n\
             com.sun.security.jgss.krb5.accept {{ {module} useKeyTab=true isInitiator=false \
             storeKey=true keyTab=\"{home}/keytab\" principal=\"imap/localhost@{REALM}\"; }};\n"
        )
    }

    /// Users, services and keytabs: `keytab` is good, `old` has a key that was replaced, `wrong` has
    /// another key of the same number, `other` is another service's.
    fn fill_database(&self) -> Result<(), String> {
        let home = self.directory.display();
        let mut create = self.command("/usr/sbin/kdb5_util");
        run(create.args(["create", "-s", "-P", "master", "-r", REALM]), "")?;
        for query in [
            "addprinc -pw secret alice".to_owned(),
            "addprinc -pw secret bob".to_owned(),
            "addprinc -pw secret locked".to_owned(),
            "modprinc -allow_tix locked".to_owned(),
            "addprinc -randkey imap/localhost".to_owned(),
            "addprinc -randkey ldap/localhost".to_owned(),
            // Each of these makes another key.
            format!("ktadd -k {home}/old imap/localhost"),
            format!("ktadd -k {home}/keytab imap/localhost"),
            format!("ktadd -k {home}/other ldap/localhost"),
            format!("ktadd -k {home}/keytab ldap/localhost"),
        ] {
            run(self.command("/usr/sbin/kadmin.local").args(["-q", &query]), "")?;
        }
        let mut script = String::new();
        for cipher in ["aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96"] {
            let _ = writeln!(script, "addent -password -p imap/localhost -k 3 -e {cipher}\nwrong");
        }
        let _ = writeln!(script, "wkt {home}/wrong\nquit");
        run(&mut self.command("/usr/bin/ktutil"), &script)
    }

    /// Gets alice's ticket into a cache of that name.
    fn log_in(&self, cache: &str, options: &[&str]) -> Result<(), String> {
        let mut kinit = self.command("/usr/bin/kinit");
        kinit.arg("-c").arg(self.path(cache)).args(options).arg("alice");
        run(&mut kinit, "secret\n")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn write(&self, name: &str, content: &str) -> Result<(), String> {
        fs::write(self.path(name), content).map_err(|error| format!("{name}: {error}"))
    }

    /// A command in this realm, with alice's ticket and the good keytab.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        self.enter(&mut command);
        command
    }

    /// Puts a command into this realm.
    pub(crate) fn enter(&self, command: &mut Command) {
        command.env("KRB5_CONFIG", self.path("krb5.conf"));
        command.env("KRB5_KDC_PROFILE", self.path("kdc.conf"));
        command.env("KRB5CCNAME", self.path("cache"));
        command.env("KRB5_KTNAME", self.path("keytab"));
        command.env("KRB5RCACHENAME", format!("file2:{}", self.path("replays").display()));
        command.env("SECUR32_LOG", "debug").env("LC_ALL", "C.UTF-8");
        for name in ["SECUR32_CONFIG", "SECUR32_ACCOUNTS", "SECUR32_REALM", "KRB5_CLIENT_KTNAME"] {
            command.env_remove(name);
        }
    }
}

/// Sets the clock of a command.
pub(crate) fn set_clock(command: &mut Command, ahead: i64) {
    command.env("LD_PRELOAD", programs::other_clock());
    command.env("CLOCK_AHEAD", ahead.to_string());
}

fn client_configuration(port: u16) -> String {
    format!(
        "[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n\
         \x20dns_lookup_realm = false\n dns_canonicalize_hostname = false\n rdns = false\n\
         \x20udp_preference_limit = 1\n\
         [realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{port}\n }}\n\
         [domain_realm]\n localhost = {REALM}\n"
    )
}

/// Runs a command to its end with `input`.
pub(crate) fn run(command: &mut Command, input: &str) -> Result<(), String> {
    use std::io::Write as _;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

impl Drop for Kdc {
    fn drop(&mut self) {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
        let _ = fs::remove_dir_all(&self.directory);
    }
}
