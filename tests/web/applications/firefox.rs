//! Firefox by Marionette, the protocol that it is driven by: JSON after its length.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::example::{Server, directory, peer};
use crate::{asking_for, count};

use super::passed;
use crate::results::Version;

/// A browser of its own, closed when dropped.
struct Firefox {
    process: Child,
    connection: BufReader<TcpStream>,
    asked: u32,
    profile: PathBuf,
}

impl Drop for Firefox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

impl Firefox {
    /// Starts one; `None` where it is not installed.
    fn start() -> Option<Self> {
        let program = peer(&["firefox-esr"], &["--version"], "firefox-esr")?;
        let profile = directory();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let settings = format!(
            "user_pref(\"marionette.port\", {port});\n\
             user_pref(\"network.proxy.type\", 0);\n\
             user_pref(\"network.auth.confirmAuth.enabled\", false);\n\
             user_pref(\"browser.shell.checkDefaultBrowser\", false);\n\
             user_pref(\"datareporting.policy.dataSubmissionEnabled\", false);\n\
             user_pref(\"app.update.enabled\", false);\n\
             user_pref(\"extensions.update.enabled\", false);\n\
             user_pref(\"network.captive-portal-service.enabled\", false);\n\
             user_pref(\"network.connectivity-service.enabled\", false);\n"
        );
        std::fs::write(profile.join("user.js"), settings).expect("its settings");
        let mut process = Command::new(program)
            .args(["--headless", "--marionette", "--no-remote", "--profile"])
            .arg(&profile)
            .env("HOME", &profile)
            .env("MOZ_MARIONETTE_PREF_STATE_ACROSS_RESTARTS", "{}")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the browser starts");
        // It says on one of both that it listens.
        let (sender, said) = std::sync::mpsc::channel();
        let (output, errors) = (process.stdout.take(), process.stderr.take());
        watch(output.expect("a pipe"), sender.clone());
        watch(errors.expect("a pipe"), sender);
        let listens = |line: &String| line.contains("Listening on port");
        said.iter().find(listens).expect("the browser listens");
        let connection = TcpStream::connect(("127.0.0.1", port)).expect("connected");
        let mut firefox =
            Self { process, connection: BufReader::new(connection), asked: 0, profile };
        firefox.read();
        firefox.ask("WebDriver:NewSession", "{}");
        firefox.ask("WebDriver:SetTimeouts", "{\"implicit\":20000}");
        Some(firefox)
    }

    fn read(&mut self) -> String {
        let mut length = 0;
        loop {
            let mut byte = [0];
            self.connection.read_exact(&mut byte).expect("the browser answers");
            match byte[0] {
                b':' => break,
                digit => length = length * 10 + usize::from(digit - b'0'),
            }
        }
        let mut text = vec![0; length];
        self.connection.read_exact(&mut text).expect("the browser answers");
        String::from_utf8(text).expect("JSON is UTF-8")
    }

    /// The result of a command that succeeds.
    fn ask(&mut self, name: &str, parameters: &str) -> String {
        self.asked += 1;
        let text = format!("[0,{},\"{name}\",{parameters}]", self.asked);
        let framed = format!("{}:{text}", text.len());
        self.connection.get_mut().write_all(framed.as_bytes()).expect("the browser listens");
        let answer = self.read();
        let start = format!("[1,{},null,", self.asked);
        assert!(answer.starts_with(&start), "{name} {parameters}: {answer}");
        answer[start.len()..].to_owned()
    }

    fn open(&mut self, url: &str) {
        self.ask("WebDriver:Navigate", &format!("{{\"url\":\"{url}\"}}"));
    }

    fn find(&mut self, using: &str, value: &str) -> String {
        let wanted = format!("{{\"using\":\"{using}\",\"value\":\"{value}\"}}");
        let answer = self.ask("WebDriver:FindElement", &wanted);
        let (_, id) = answer.rsplit_once(":\"").expect("an element");
        id.split('"').next().expect("its end").to_owned()
    }

    fn click(&mut self, selector: &str) {
        let id = self.find("css selector", selector);
        self.ask("WebDriver:ElementClick", &format!("{{\"id\":\"{id}\"}}"));
    }

    /// Ten pages at once; how many of them were to be had.
    fn fetch_ten(&mut self) -> usize {
        let script = "const done = arguments[0]; \
                      Promise.all([...Array(10).keys()].map(n => fetch(location.origin + '/many' + n))) \
                      .then(all => done(all.filter(one => one.ok).length), done)";
        let wanted = format!("{{\"script\":\"{script}\",\"args\":[]}}");
        let answer = self.ask("WebDriver:ExecuteAsyncScript", &wanted);
        let number: String = answer.chars().filter(char::is_ascii_digit).collect();
        number.parse().expect("a number")
    }
}

fn watch(output: impl Read + Send + 'static, sender: std::sync::mpsc::Sender<String>) {
    std::thread::spawn(move || {
        use std::io::BufRead as _;
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody listens once the browser does.
            let _ = sender.send(line);
        }
    });
}

#[test]
fn firefox_goes_from_page_to_page_and_fetches_ten_at_once() {
    let Some(mut firefox) = Firefox::start() else { return };
    for (algorithm, order) in
        [("MD5", "window"), ("MD5-sess", "strict"), ("SHA-256", "window"), ("SHA-256", "strict")]
    {
        let server = Server::start(&format!(
            "http_algorithms = [\"{algorithm}\"]\nhttp_nonce_count = \"{order}\""
        ));
        firefox.open(&server.url("/").replace("//", "//alice:secret@"));
        for (selector, page) in [("", "GET /"), ("#send", "POST /form"), ("#next", "GET /page2")] {
            if !selector.is_empty() {
                firefox.click(selector);
            }
            let told = format!("This is the answer to {page} with ");
            firefox.find("xpath", &format!("//body[contains(., '{told}')]"));
        }
        assert_eq!(firefox.fetch_ten(), 10, "{algorithm}, {order}");
        let told = server.stop();
        // Under strict each count that comes out of order costs a round with a new nonce.
        if order == "window" {
            assert!(count(&told, "CompleteAuthToken: SEC_E_OK") >= 10, "{algorithm}\n{told}");
            assert!(!told.contains("stale=true"), "{algorithm}, {order}\n{told}");
        }
    }
    // A session that the server has forgotten goes on with another nonce, and nobody is asked.
    let server = Server::start(&asking_for("MD5"));
    firefox.open(&server.url("/").replace("//", "//alice:secret@"));
    server.forget_sessions();
    firefox.click("#next");
    firefox.find("xpath", "//body[contains(., 'This is the answer to GET /page2 with ')]");
    let told = server.stop();
    assert_eq!(count(&told, "stale=true"), 1, "{told}");
    // Last: it then asks its user, and does nothing else until there is an answer.
    let server = Server::start(&asking_for("MD5"));
    firefox.open(&server.url("/").replace("//", "//alice:wrong@"));
    let told = server.stop();
    assert!(told.contains("SEC_E_LOGON_DENIED"), "{told}");
    passed(
        "Firefox ESR",
        Version::Debian("firefox-esr"),
        "client",
        "MD5, MD5-sess, SHA-256",
        "none; on Windows `http_nonce_count = \"window\"` saves it rounds",
        "",
    );
}
