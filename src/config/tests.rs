use std::path::{Path, PathBuf};

use super::*;
use crate::testing::scratch::Scratch;

/// Settings for tests.
#[derive(Default, Debug, PartialEq)]
struct Settings {
    name: String,
    number: u32,
    on: bool,
    list: Vec<String>,
    choice: Vec<u8>,
    path: Option<PathBuf>,
}

const KEYS: &[Key<Settings>] = &[
    Key {
        table: "a",
        name: "name",
        expected: "a string",
        shown: "",
        doc: "",
        read: |settings, value| value.string().map(|name| settings.name = name.to_owned()),
    },
    Key {
        table: "a",
        name: "number",
        expected: "a number from 3 to 300",
        shown: "",
        doc: "",
        read: |settings, value| value.number(3..=300).map(|number| settings.number = number),
    },
    Key {
        table: "a",
        name: "on",
        expected: "0 or 1",
        shown: "",
        doc: "",
        read: |settings, value| value.flag().map(|on| settings.on = on),
    },
    Key {
        table: "b",
        name: "list",
        expected: "a list of strings",
        shown: "",
        doc: "",
        read: |settings, value| {
            value.list(|name| Some(name.to_owned())).map(|list| settings.list = list)
        },
    },
    Key {
        table: "b",
        name: "choice",
        expected: "a list of different ones of one, two",
        shown: "",
        doc: "",
        read: |settings, value| {
            let number = |name: &str| ["one", "two"].iter().position(|known| *known == name);
            let choice = value.choice(|name| u8::try_from(number(name)?).ok())?;
            settings.choice = choice;
            Some(())
        },
    },
    Key {
        table: "b",
        name: "path",
        expected: "a path",
        shown: "",
        doc: "",
        read: |settings, value| value.path().map(|path| settings.path = Some(path)),
    },
];

fn parse(text: &str) -> Result<Settings> {
    let document = Document::parse(text, Path::new("/etc/secur32.toml"))?;
    document.check_tables(&["a", "b", "log"])?;
    document.log()?;
    let mut settings = Settings::default();
    document.read(KEYS, &mut settings)?;
    Ok(settings)
}

/// The reason for which a text is refused, after the name of the file.
fn refused(text: &str) -> String {
    let error = parse(text).expect_err(text);
    assert_eq!(error.status(), Status::INTERNAL_ERROR);
    assert!(!error.reason().contains('\n'), "{error}");
    error.reason().strip_prefix("/etc/secur32.toml:").expect(text).to_owned()
}

fn reason<T>(result: Result<T>) -> String {
    let error = result.err().unwrap();
    assert_eq!(error.status(), Status::INTERNAL_ERROR);
    error.reason().to_owned()
}

/// An environment with these variables.
fn environment(
    variables: &[(&'static str, &str)],
) -> impl Fn(&str) -> Option<OsString> + Send + Sync + 'static {
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| (*name, OsString::from(value))).collect();
    move |asked: &str| {
        let found = variables.iter().find(|(name, _)| *name == asked);
        found.map(|(_, value)| value.clone())
    }
}

#[test]
fn everything_can_be_said() {
    let settings = parse(
        "a.name = \"x\"\na.number = 0x10\na.on = 1\n[b]\nlist = [\"\", \"y\"]\n\
         choice = [\"two\", \"one\"]\npath = \"users/accounts\"\n",
    );
    let expected = Settings {
        name: "x".to_owned(),
        number: 16,
        on: true,
        list: vec![String::new(), "y".to_owned()],
        choice: vec![1, 0],
        path: Some(PathBuf::from("/etc/users/accounts")),
    };
    assert_eq!(settings.unwrap(), expected);
    for text in ["", "\u{FEFF}", "# nothing\r\n", "[a]\n[b]\n[log]\n"] {
        assert_eq!(parse(text).unwrap(), Settings::default());
    }
}

#[test]
fn r41_wrong_values_are_named_by_line_and_key() {
    for (table, entry, key) in [
        ("a", "name = 1", "name"),
        ("a", "number = 2", "number"),
        ("a", "number = 301", "number"),
        ("a", "number = 1.5", "number"),
        ("a", "number = 99999999999999999999999999999999999999999", "number"),
        ("a", "on = 2", "on"),
        ("a", "on = -1", "on"),
        ("a", "on = true", "on"),
        ("a", "ON = 1", "ON"),
        ("b", "list = \"x\"", "list"),
        ("b", "list = [1]", "list"),
        ("b", "list = [\"x\", [\"y\"]]", "list"),
        ("b", "choice = []", "choice"),
        ("b", "choice = \"one\"", "choice"),
        ("b", "choice = [\"three\"]", "choice"),
        ("b", "choice = [\"one\", \"one\"]", "choice"),
        ("b", "path = \"\"", "path"),
        ("b", "path = \"a\\u0000b\"", "path"),
        ("b", "path = []", "path"),
        ("log", "level = \"trace\"", "level"),
        ("log", "level = 1", "level"),
        ("log", "file = 1", "file"),
        ("log", "path = \"x\"", "path"),
    ] {
        let reason = refused(&format!("# a comment\n[{table}]\n{entry}\n"));
        assert!(reason.starts_with(&format!("3: {table}.{key}: ")), "{entry}: {reason}");
    }
}

#[test]
fn the_log_is_what_the_file_or_the_environment_says() {
    let text = "log = { level = \"error\", file = \"secur32.log\" }";
    let document = Document::parse(text, Path::new("/var/secur32.toml")).unwrap();
    let file = Some(PathBuf::from("/var/secur32.log"));
    assert_eq!(document.log().unwrap(), log::Settings { level: Level::Error, file });
    let document = document.with_environment(Box::new(environment(&[("SECUR32_LOG", "debug")])));
    assert_eq!(document.log().unwrap(), log::Settings { level: Level::Debug, file: None });
    for value in ["verbose", "debug:"] {
        let environment = environment(&[("SECUR32_LOG", value)]);
        let document = Document::empty().with_environment(Box::new(environment));
        assert!(reason(document.log()).starts_with("SECUR32_LOG: expected"), "{value}");
    }
}

#[test]
fn a_document_is_not_printed() {
    let document = Document::parse("secret = \"hush\"", Path::new("x.toml")).unwrap();
    assert_eq!(format!("{document:?}"), "Document(x.toml)");
}

#[test]
fn messages_say_what_is_expected() {
    for (text, reason) in [
        ("[a]\non = 7", "2: a.on: expected 0 or 1"),
        ("\n[as]", "2: as: unknown; the tables are a, b and log"),
        ("name = \"x\"", "1: name: unknown; the tables are a, b and log"),
        ("a = 1", "1: a: expected a table"),
        ("[[a]]", "1: a: expected a table"),
        ("[a]\nx = 1", "2: a.x: unknown; [a] has name, number and on"),
        ("[log]\nx = 1", "2: log.x: unknown; [log] has level and file"),
    ] {
        assert_eq!(refused(text), reason);
    }
}

#[test]
fn what_is_not_toml_is_named_by_line() {
    for (text, line) in [
        ("[server]\nrealm = \"x\"\nrealm = \"y\"", 3),
        ("[server]\nsecret = \"hush hush hush hush\n", 2),
        ("[server]\n\nsecret hush", 3),
        ("[server]\nmaxbuf = hush", 2),
        ("\0", 1),
        ("[server]\n[server]", 2),
    ] {
        let reason = refused(text);
        assert!(reason.starts_with(&format!("{line}: ")), "{text:?}: {reason}");
        assert!(!reason.contains("hush"), "{reason}");
    }
}

#[test]
fn deeply_nested_values_are_refused() {
    let depth = 100_000;
    let text = format!("x = {}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(refused(&text).starts_with("1: "));
}

#[test]
fn the_first_file_that_exists_is_read() {
    let directory = Scratch::new();
    let missing = directory.path().join("missing.toml");
    let first = directory.file("first.toml", "[a]\nname = \"first\"");
    let wrong = directory.file("wrong.toml", "[a]\nname = 1");
    let below = first.join("secur32.toml");
    let load = |places: &[&PathBuf], variables: &[(&'static str, &str)]| {
        let places: Vec<_> = places.iter().map(|place| (*place).clone()).collect();
        let mut settings = Settings::default();
        let document = Document::load_from(&places, environment(variables))?;
        document.read(KEYS, &mut settings).map(|()| settings.name)
    };
    assert_eq!(load(&[&missing, &below, &first, &wrong], &[]).unwrap(), "first");
    assert!(reason(load(&[&wrong, &first], &[])).contains("wrong.toml:2: a.name"));
    assert_eq!(load(&[&missing], &[]).unwrap(), "");
    assert_eq!(load(&[&first], &[("SECUR32_CONFIG", "")]).unwrap(), "first");
    let named = [("SECUR32_CONFIG", first.to_str().unwrap())];
    assert_eq!(load(&[&wrong], &named).unwrap(), "first");
    let named = [("SECUR32_CONFIG", missing.to_str().unwrap())];
    let reason = reason(load(&[&first], &named));
    assert!(reason.ends_with("missing.toml: SECUR32_CONFIG names it, but it does not exist"));
}

#[test]
fn unusable_files_are_refused() {
    let directory = Scratch::new();
    let refused = |path: &Path| reason(file::read(path));
    assert!(refused(directory.path()).ends_with(": not a regular file"));
    let path = directory.file("latin1.toml", b"[server]\n# caf\xE9\n");
    assert!(refused(&path).ends_with("latin1.toml:2: expected UTF-8 text"));
    let path = directory.file("huge.toml", "#".repeat(file::MAX_FILE + 1));
    assert!(refused(&path).ends_with(": larger than 1 MiB"));
    let path = directory.file("large.toml", "#".repeat(file::MAX_FILE));
    assert!(file::read(&path).is_ok());
}

#[test]
fn the_standard_places_are_absolute() {
    let places = file::standard_places();
    assert!(places.len() >= 2);
    assert!(places.iter().all(|place| place.is_absolute() && place.ends_with("secur32.toml")));
}
