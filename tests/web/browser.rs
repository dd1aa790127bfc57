//! Chromium by its driver, in the protocol of `WebDriver`.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::example::{directory, peer};
use crate::raw::Connection;

/// A browser of its own, closed when dropped.
pub(crate) struct Browser {
    driver: Child,
    connection: Connection,
    session: String,
    profile: std::path::PathBuf,
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let request = format!("DELETE {} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", self.session);
            self.connection.send(request.as_bytes());
            let _ = self.connection.read();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

impl Browser {
    /// Starts one; `None` where it is not installed.
    pub(crate) fn start() -> Option<Self> {
        let program = peer(&["chromedriver"], &["--version"], "chromium-driver")?;
        let chromium = peer(&["/usr/bin/chromium"], &["--version"], "chromium")?;
        let profile = directory();
        let mut driver = Command::new(program)
            .arg("--port=0")
            .env("HOME", &profile)
            .env("no_proxy", "*")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the driver starts");
        let output = BufReader::new(driver.stdout.take().expect("a pipe"));
        let port: u16 = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                port.trim_end_matches('.').parse().ok()
            })
            .expect("the driver says its port");
        let connection = TcpStream::connect(("127.0.0.1", port)).expect("connected");
        let connection = Connection::new(connection);
        let mut browser = Self { driver, connection, session: String::new(), profile };
        let options = format!(
            "{{\"capabilities\":{{\"alwaysMatch\":{{\"goog:chromeOptions\":{{\"binary\":\"{}\",\
             \"args\":[\"--headless=new\",\"--no-sandbox\",\"--disable-gpu\",\
             \"--disable-dev-shm-usage\",\"--no-proxy-server\",\"--user-data-dir={}\"]}}}}}}}}",
            chromium.display(),
            browser.profile.join("profile").display()
        );
        let answer = browser.post("/session", &options);
        let id = text_after(&answer, "\"sessionId\":\"");
        browser.session = format!("/session/{id}");
        // How long an element that is looked for may take to appear.
        browser.post(&format!("{}/timeouts", browser.session), "{\"implicit\":20000}");
        Some(browser)
    }

    fn post(&mut self, path: &str, body: &str) -> String {
        let text = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.connection.send(text.as_bytes());
        let answer = self.connection.read().expect("the driver answers");
        assert_eq!(answer.status, 200, "{path} {body}: {}", answer.body);
        answer.body
    }

    /// Loads a page.
    pub(crate) fn open(&mut self, url: &str) {
        let path = format!("{}/url", self.session);
        self.post(&path, &format!("{{\"url\":\"{url}\"}}"));
    }

    /// Waits until the page says `text`: a click may return before the page that it loads is there.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let path = format!("{}/element", self.session);
        let xpath = format!("//body[contains(., '{text}')]");
        self.post(&path, &format!("{{\"using\":\"xpath\",\"value\":\"{xpath}\"}}"));
    }

    /// Clicks on what a selector names.
    pub(crate) fn click(&mut self, selector: &str) {
        let path = format!("{}/element", self.session);
        let wanted = format!("{{\"using\":\"css selector\",\"value\":\"{selector}\"}}");
        let answer = self.post(&path, &wanted);
        let (_, id) = answer.rsplit_once(":\"").expect("an element");
        let id = id.split('"').next().expect("its end");
        self.post(&format!("{path}/{id}/click"), "{}");
    }

    /// The text of the page.
    pub(crate) fn text(&mut self) -> String {
        let script = "{\"script\":\"return document.body.textContent\",\"args\":[]}";
        let answer = self.post(&format!("{}/execute/sync", self.session), script);
        text_after(&answer, "\"value\":\"")
    }
}

/// A JSON string, with its escapes as they are.
fn text_after(text: &str, before: &str) -> String {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split('"').next().expect("its end").to_owned()
}
