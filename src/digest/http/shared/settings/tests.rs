use std::fs;
use std::path::Path;

use super::*;
use crate::testing::scratch::Scratch;

const SECRET: &str = "[server]\nsecret = \"sixteen bytes!!!\"\n";

fn read(text: &str, path: &Path) -> Result<Option<Settings>> {
    Ok(crate::digest::settings::Settings::read(&Document::parse(text, path)?)?.shared)
}

fn parse(lines: &str) -> Result<Option<Settings>> {
    let text = format!("{SECRET}[shared]\n{lines}\n");
    read(&text, "/etc/secur32.toml".as_ref())
}

fn settings(lines: &str) -> Settings {
    parse(lines).unwrap().unwrap()
}

#[test]
fn every_key_and_its_default() {
    let url = "url = \"redis://127.0.0.1:6379/0\"";
    let tcp = |host: &str, port| Address::Tcp { host: host.to_owned(), port, tls: false };
    let defaults = Settings { address: Some(tcp("127.0.0.1", 6379)), ..Settings::default() };
    assert_eq!(settings(url), defaults);
    let directory = Scratch::new();
    let file = directory.file("p", "word\n");
    #[cfg(unix)]
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let all = settings(&format!(
        "{url}\nuser = \"u\"\npassword_file = '{}'\nprefix = \"a-B_9\"\ntimeout = 10\nconnections = 64\nidle = 60\n\
         skew = 600\nreplicas = 9",
        file.display()
    ));
    assert_eq!((all.user.as_deref(), &*all.prefix), (Some("u"), "a-B_9"));
    assert_eq!((all.timeout, all.connections), (Duration::from_millis(10), 64));
    assert_eq!((all.idle.as_secs(), all.skew.as_secs(), all.replicas), (60, 600, 9));
    for (url, address, database) in [
        ("redis://h", tcp("h", 6379), 0),
        ("redis://h/", tcp("h", 6379), 0),
        ("redis://h:1/15", tcp("h", 1), 15),
        ("redis://[::1]/3", tcp("::1", 6379), 3),
        ("redis://[::1]:7", tcp("::1", 7), 0),
        ("unix:///run/r.sock", Address::Unix("/run/r.sock".into()), 0),
        ("unix:///run/r.sock?db=2", Address::Unix("/run/r.sock".into()), 2),
    ] {
        if matches!(address, Address::Unix(_)) && cfg!(not(unix)) {
            continue;
        }
        let found = settings(&format!("url = \"{url}\""));
        assert_eq!((found.address, found.database), (Some(address), database), "{url}");
    }
}

#[test]
fn wrong_values_are_named_by_line_and_key_and_no_secret_is_told() {
    for (key, value) in [
        ("url", "\"\""),
        ("url", "1"),
        ("url", "\"http://h\""),
        ("url", "\"redis:h\""),
        ("url", "\"redis://\""),
        ("url", "\"redis://:6379\""),
        ("url", "\"redis://h:0\""),
        ("url", "\"redis://h:65536\""),
        ("url", "\"redis://h:+1\""),
        ("url", "\"redis://h/x\""),
        ("url", "\"redis://h?db=1\""),
        ("url", "\"redis://a:b:c\""),
        ("url", "\"redis://[::1]x\""),
        ("url", "\"redis://u:hush@h\""),
        ("url", "\"unix://run/r.sock\""),
        ("url", "\"unix:///run/r.sock?x=1\""),
        #[cfg(not(feature = "shared-tls"))]
        ("url", "\"rediss://h\""),
        ("user", "\"\""),
        ("user", "\"a b\""),
        ("password_file", "\"\""),
        ("password_file", "\"/nonexistent/hush\""),
        ("password_file", "\"/\""),
        ("prefix", "\"\""),
        ("prefix", "\"a:b\""),
        ("prefix", "\"{a}\""),
        ("prefix", "\"seventeen-letters\""),
        ("timeout", "9"),
        ("timeout", "10001"),
        ("connections", "0"),
        ("connections", "65"),
        ("idle", "59"),
        ("idle", "604801"),
        ("skew", "0"),
        ("skew", "601"),
        ("replicas", "10"),
        ("replicas", "-1"),
        ("other", "1"),
    ] {
        let error = parse(&format!("{key} = {value}")).expect_err(value);
        let prefix = format!("/etc/secur32.toml:4: shared.{key}: ");
        assert!(error.reason().starts_with(&prefix), "{value}: {error}");
        assert!(key == "password_file" || !error.reason().contains("hush"), "{error}");
    }
}

#[test]
fn it_wants_a_secret_and_a_url() {
    for (text, reason) in [
        ("[shared]\nurl = \"redis://h\"", "1: shared: needs `secret` under [server]"),
        (&*format!("{SECRET}[shared]\nskew = 1"), "3: shared: needs `url`"),
        (
            &format!("{SECRET}[shared]\nurl = \"redis://h\"\nuser = \"u\""),
            "3: shared: needs `password_file` beside `user`",
        ),
    ] {
        let error = read(text, "/c".as_ref()).unwrap_err();
        assert_eq!(error.reason(), format!("/c:{reason}"));
    }
}

#[test]
#[cfg(unix)]
fn a_password_is_the_first_line_of_a_file_that_others_do_not_read() {
    use std::os::unix::fs::PermissionsExt;
    let directory = Scratch::new();
    let parse = || {
        let text = format!("{SECRET}[shared]\nurl = \"redis://h\"\npassword_file = \"p\"\n");
        read(&text, &directory.path().join("secur32.toml"))
    };
    for (content, mode, password) in [
        ("word", 0o600, Some("word")),
        ("w o\r\nmore", 0o640, Some("w o")),
        ("word\n", 0o644, None),
        ("word\n", 0o602, None),
        ("\nword", 0o600, None),
        ("", 0o600, None),
    ] {
        let path = directory.file("p", content);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let found = parse().map(|settings| settings.unwrap().password.unwrap());
        match password {
            Some(password) => assert_eq!(found.unwrap().expose(), password.as_bytes()),
            None => assert!(found.unwrap_err().reason().contains(":5: shared.password_file: ")),
        }
        fs::remove_file(path).unwrap();
    }
}
