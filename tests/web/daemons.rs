//! Web servers of others, in the foreground on loopback, with a page behind Digest.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::digest::Hash;
use crate::example::{REALM, accounts, peer};

const APACHE_DIRECTORY: &str = "/usr/lib/apache2/modules";
const APACHE_MODULES: [&str; 7] =
    ["mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_digest", "dir"];

const SQUID_HELPER: &str = "/usr/lib/squid/digest_file_auth";

const READY: &str = "ready for requests";

/// A running server, stopped when dropped.
pub(crate) struct Daemon {
    process: Child,
    directory: PathBuf,
    pub(crate) port: u16,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Both end their children when they are asked to end, and not when they are killed.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

impl Daemon {
    /// Apache httpd with `mod_auth_digest`.
    pub(crate) fn apache() -> Option<Self> {
        let program = peer(&["apache2", "/usr/sbin/apache2"], &["-v"], "apache2-bin")?;
        let configuration = |directory: &Path, port| {
            let mut modules = String::new();
            for name in APACHE_MODULES {
                let file = format!("{APACHE_DIRECTORY}/mod_{name}.so");
                writeln!(modules, "LoadModule {name}_module {file}").expect("text");
            }
            let at = directory.display();
            format!(
                "{modules}ServerRoot {at}\nServerName 127.0.0.1\nListen 127.0.0.1:{port}\n\
                 DefaultRuntimeDir {at}\nPidFile {at}/pid\nErrorLog /dev/stderr\n{}\
                 LogLevel notice\nDocumentRoot {at}/pages\nStartServers 1\nServerLimit 1\n\
                 ThreadsPerChild 25\nMaxRequestWorkers 25\n\
                 <Location />\nAuthType Digest\nAuthName {REALM}\nAuthDigestProvider file\n\
                 AuthUserFile {at}/accounts\nRequire valid-user\n\
                 </Location>\n",
                if is_root() { "User www-data\nGroup www-data\n" } else { "" }
            )
        };
        let words = |file: &Path| vec!["-D".into(), "FOREGROUND".into(), "-f".into(), file.into()];
        Some(Self::start(&program, &configuration, &words, "resuming normal operations"))
    }

    /// lighttpd; `algorithm` is MD5, SHA-256 or a list with `|`.
    pub(crate) fn lighttpd(algorithm: &str) -> Option<Self> {
        let program = peer(&["lighttpd", "/usr/sbin/lighttpd"], &["-v"], "lighttpd")?;
        let configuration = |directory: &Path, port| {
            let at = directory.display();
            format!(
                "server.document-root = \"{at}/pages\"\nserver.bind = \"127.0.0.1\"\n\
                 server.port = {port}\nserver.modules = (\"mod_auth\", \"mod_authn_file\")\n\
                 index-file.names = (\"index.html\")\n\
                 auth.backend = \"htdigest\"\n\
                 auth.backend.htdigest.userfile = \"{at}/accounts\"\n\
                 auth.require = (\"/\" => (\"method\" => \"digest\", \"realm\" => \"{REALM}\",\n\
                 \x20 \"algorithm\" => \"{algorithm}\", \"require\" => \"valid-user\"))\n"
            )
        };
        let words = |file: &Path| vec!["-D".into(), "-f".into(), file.into()];
        Some(Self::start(&program, &configuration, &words, "server started"))
    }

    /// Squid, where a nonce is good for two uses.
    pub(crate) fn squid() -> Option<Self> {
        let program = peer(&["squid", "/usr/sbin/squid"], &["-v"], "squid")?;
        let configuration = |directory: &Path, port| {
            let at = directory.display();
            // Its helper reads lines with hashes of MD5 alone.
            let md5: String =
                accounts().lines().step_by(2).fold(String::new(), |text, line| text + line + "\n");
            fs::write(directory.join("accounts"), md5).expect("a file");
            format!(
                "http_port 127.0.0.1:{port}\nvisible_hostname localhost\n\
                 auth_param digest program {SQUID_HELPER} -c {at}/accounts\n\
                 auth_param digest realm {REALM}\nauth_param digest children 1\n\
                 auth_param digest nonce_max_count 2\n\
                 acl users proxy_auth REQUIRED\nhttp_access allow users\nhttp_access deny all\n\
                 cache deny all\naccess_log none\ncache_log /dev/null\npid_filename none\n\
                 pinger_enable off\nshutdown_lifetime 0 seconds\ncoredump_dir {at}\n"
            )
        };
        let words = |file: &Path| vec!["-N".into(), "-d1".into(), "-f".into(), file.into()];
        Some(Self::start(&program, &configuration, &words, "Accepting HTTP Socket connections"))
    }

    /// Kamailio as a registrar, by UDP.
    pub(crate) fn kamailio() -> Option<Self> {
        let program = peer(&["kamailio", "/usr/sbin/kamailio"], &["-v"], "kamailio")?;
        let secret = Hash::Md5.hex(format!("alice:{REALM}:secret"));
        let modules = Path::new("/usr/lib").join(multiarch()).join("kamailio/modules/");
        let configuration = |_: &Path, port| {
            format!(
                "debug=-1\nlog_stderror=yes\nfork=yes\nchildren=1\nauto_aliases=no\n\
                 disable_tcp=yes\nlisten=udp:127.0.0.1:{port}\nmpath=\"{}\"\nloadmodule \"sl.so\"\nloadmodule \"pv.so\"\n\
                 loadmodule \"auth.so\"\nloadmodule \"xlog.so\"\n\
                 modparam(\"auth\", \"qop\", \"auth\")\n\
                 event_route[core:worker-one-init] {{ xlog(\"L_ALERT\", \"{READY}\\n\"); }}\n\
                 request_route {{\n\
                 \x20 if (!pv_www_authenticate(\"{REALM}\", \"{secret}\", \"1\")) {{\n\
                 \x20   www_challenge(\"{REALM}\", \"1\");\n    exit;\n  }}\n\
                 \x20 sl_send_reply(\"200\", \"OK\");\n}}\n",
                modules.display()
            )
        };
        let words = |file: &Path| {
            let home = file.parent().unwrap_or(file);
            vec!["-DD".into(), "-E".into(), "-f".into(), file.into(), "-Y".into(), home.into()]
        };
        Some(Self::start(&program, &configuration, &words, READY))
    }

    /// Adds a line to the accounts, which Apache reads at each request.
    pub(crate) fn add_account(&self, line: &str) {
        let path = self.directory.join("accounts");
        let text = fs::read_to_string(&path).expect("the accounts") + line + "\n";
        fs::write(path, text).expect("the accounts");
    }

    fn start(
        program: &Path,
        configuration: &dyn Fn(&Path, u16) -> String,
        words: &dyn Fn(&Path) -> Vec<std::ffi::OsString>,
        ready: &str,
    ) -> Self {
        let mut said = String::new();
        for _ in 0..5 {
            // Someone else may take the port before the server does: then with another one.
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let port = listener.local_addr().expect("an address").port();
            drop(listener);
            let directory = directory(port);
            let file = directory.join("configuration");
            fs::write(&file, configuration(&directory, port)).expect("a file");
            let mut process = Command::new(program)
                .args(words(&file))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the server starts");
            let mut errors = BufReader::new(process.stderr.take().expect("a pipe"));
            let daemon = Self { process, directory, port };
            loop {
                let mut line = String::new();
                if errors.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
                said += &line;
                if line.contains(ready) {
                    // What it says from now on must go somewhere.
                    std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
                    return daemon;
                }
            }
        }
        panic!("{} does not start: {said}", program.display());
    }
}

/// A directory that the servers' own users can read, with pages and accounts.
fn directory(port: u16) -> PathBuf {
    let name = format!("secur32-web-{}-{port}", std::process::id());
    let path = std::env::temp_dir().join(name);
    fs::create_dir_all(path.join("pages")).expect("a directory");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
    for (name, text) in [
        ("pages/index.html", "the first page\n".to_owned()),
        ("pages/page2", "the second page\n".to_owned()),
        ("accounts", accounts()),
    ] {
        fs::write(path.join(name), text).expect("a file");
    }
    path
}

/// The directory of libraries of this machine's kind.
fn multiarch() -> String {
    let output = Command::new("cc").arg("-print-multiarch").output().expect("cc runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id runs");
    output.stdout == b"0\n"
}
