//! README and docs/ against what they speak of: code that compiles, keys that exist, links that lead somewhere.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod support;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use secur32::accounts::{ldap, sql};
use secur32::config::{self, Document};
use secur32::digest::http::shared;
use secur32::digest::settings::{self, Settings};
use secur32::error::Result;
use secur32::packages;
use secur32::scram;
use support::{STRICT, compile_c, read, root, scratch, succeed};

/// README and every page of docs/.
fn pages() -> Vec<String> {
    let entries = fs::read_dir(root().join("docs")).expect("docs/");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let page = |name: &OsString| Path::new(name).extension().is_some_and(|kind| kind == "md");
    let names = names.filter(page).map(|name| format!("docs/{}", name.to_string_lossy()));
    let top = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(String::from);
    names.chain(top).collect()
}

/// The blocks of a page that begin with a fence of this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = read(page);
    let fence = format!("\n```{language}\n");
    let parts = text.split(&fence).skip(1);
    parts.map(|part| part.split("\n```").next().unwrap_or_default().to_owned() + "\n").collect()
}

#[test]
fn readme_has_at_most_150_lines() {
    assert!(read("README.md").lines().count() <= 150);
}

#[test]
fn links_lead_to_files_that_exist() {
    let mut broken = vec![];
    for page in pages() {
        let text = read(&page);
        let directory = Path::new(&page).parent().expect("a directory").to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if !link.contains("://") && !root().join(&directory).join(file).exists() {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The files and directories of this repository that pages name as `src/...`, `tests/...` and so on.
#[test]
fn paths_that_pages_name_exist() {
    const TOPS: [&str; 12] = [
        "src/",
        "tests/",
        "c_tests/",
        "examples/",
        "benches/",
        "fuzz/",
        "docs/",
        "def/",
        ".ci/",
        "xtask/",
        "packaging/",
        "include/",
    ];
    let ends = |letter: char| !(letter.is_ascii_alphanumeric() || "/._-".contains(letter));
    let mut missing = vec![];
    for page in pages() {
        for word in read(&page).split(ends) {
            let path = word.trim_end_matches('.');
            let known = TOPS.iter().any(|top| path.starts_with(top));
            let placeholder = path.ends_with(|letter: char| letter.is_ascii_uppercase());
            if known && !placeholder && !root().join(path).exists() {
                missing.push(format!("{page}: {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_server_of_readme_compiles() {
    let [server] = &blocks("README.md", "c")[..] else { panic!("README has another block of C") };
    let source = format!(
        "#define SECURITY_WIN32\n#include <sspi.h>\n\
         void send_token(const unsigned char *token, ULONG length);\n\
         ULONG receive_token(unsigned char *token, ULONG room);\n\
         {server}\n\
         void send_token(const unsigned char *token, ULONG length) {{ (void)token; (void)length; }}\n\
         ULONG receive_token(unsigned char *token, ULONG room) {{ (void)token; return room - room; }}\n\
         int main(void) {{ CredHandle server = {{0, 0}}; CtxtHandle context;\n\
         return log_in(&server, &context) == SEC_E_INVALID_HANDLE ? 0 : 1; }}\n"
    )
    .replace("SECURITY_STATUS log_in(", "SECURITY_STATUS log_in(CredHandle *, CtxtHandle *);\nSECURITY_STATUS log_in(");
    let path = scratch("documentation").join("server.c");
    fs::write(&path, source).expect("a file");
    let program = compile_c(&[path.to_str().expect("UTF-8")], STRICT);
    succeed(&mut Command::new(program));
}

#[test]
fn the_account_of_readme_is_that_of_the_examples() {
    for page in ["README.md", "docs/configuration.md"] {
        let text = read(page);
        let line = text.lines().find(|line| line.starts_with("    printf 'alice:")).expect(page);
        let place = scratch("documentation").join(page.replace('/', "-"));
        fs::create_dir_all(&place).expect("a directory");
        let _ = fs::remove_file(place.join("accounts"));
        succeed(Command::new("sh").current_dir(&place).args(["-c", line]));
        let made = fs::read_to_string(place.join("accounts")).expect("accounts");
        assert_eq!(made, "alice:example.org:543e1aec5d3614f03141652d6ada51b2\n");
    }
}

/// All that a text says.
fn read_all(text: &str) -> Result<String> {
    let document = Document::parse(text, &root().join("secur32.toml"))?;
    packages::INSTALLED.check(&document)?;
    let profiles = packages::configured_profiles(&document)?;
    let scram = scram::settings::Settings::read(&document)?;
    Ok(format!("{:?} {scram:?} {profiles:?} {:?}", Settings::read(&document)?, document.log()?))
}

fn parse(text: &str) -> std::result::Result<String, String> {
    read_all(text).map_err(|error| error.reason().to_owned())
}

/// Where comments stand in the blocks of the configuration.
const COMMENTS: usize = 41;
/// How long their lines are.
const WIDTH: usize = 118;

/// A block as the tables of keys in the code have it.
fn block(keys: &[[&str; 4]]) -> String {
    let mut lines: Vec<String> = vec![];
    for (index, [table, name, shown, doc]) in keys.iter().enumerate() {
        if index == 0 || keys[index - 1][0] != *table {
            lines.extend((index > 0).then(String::new));
            lines.push(format!("[{table}]"));
        }
        let line = match shown.strip_prefix("# ") {
            Some(shown) => format!("# {name} = {shown}"),
            None => format!("{name} = {shown}"),
        };
        let mut words = doc.split_whitespace().peekable();
        if words.peek().is_none() || line.len() >= COMMENTS - 1 {
            lines.push(line.clone());
        }
        let mut before = if line.len() < COMMENTS - 1 { line } else { String::new() };
        while words.peek().is_some() {
            let mut line = format!("{before:COMMENTS$}#");
            while let Some(word) = words.next_if(|word| line.chars().count() + word.len() < WIDTH) {
                line = line + " " + word;
            }
            lines.push(line);
            before.clear();
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_configuration_page_shows_the_tables_of_the_code() {
    let digest = settings::KEYS.iter().map(config::Key::documented);
    let (client, first): (Vec<_>, Vec<_>) = digest.partition(|key| key[0] == "client");
    let scram = scram::settings::KEYS.iter().map(config::Key::documented);
    let others = scram.chain(packages::SASL.iter().map(config::Key::documented));
    let log = config::LOG.iter().map(config::Key::documented);
    let expected = [
        first.into_iter().chain(client).chain(others).chain(log).collect::<Vec<_>>(),
        sql::settings::KEYS.iter().map(config::Key::documented).collect(),
        ldap::settings::KEYS.iter().map(config::Key::documented).collect(),
        [["server", "secret", "\"at least sixteen bytes\"", "required beside [shared]"]]
            .into_iter()
            .chain(shared::settings::KEYS.iter().map(config::Key::documented))
            .collect(),
    ];
    let expected = expected.map(|keys| block(&keys));
    let found = blocks("docs/configuration.md", "toml");
    assert_eq!(found.len(), expected.len());
    let mut page = read("docs/configuration.md");
    for (expected, found) in expected.iter().zip(&found) {
        page = page.replace(found.as_str(), expected);
    }
    if env::var_os("WRITE_DOCUMENTATION").is_some() {
        fs::write(root().join("docs/configuration.md"), &page).expect("the page");
    }
    let differ = "cargo test --test documentation, with WRITE_DOCUMENTATION=1, writes it anew";
    assert!(page == read("docs/configuration.md"), "docs/configuration.md differs: {differ}");
}

/// A key of a block.
struct Key {
    table: String,
    name: String,
    line: String,
    /// Whether it stands there as a comment, since another one excludes it.
    commented: bool,
    /// Whether its comment says what its default is, or that it has none.
    told: bool,
}

fn keys(block: &str) -> Vec<Key> {
    let (mut table, mut found) = (String::new(), Vec::<Key>::new());
    for line in block.lines() {
        let told = line.contains("default") || line.contains("required");
        let key = line.trim_start_matches("# ");
        if let Some(name) = line.strip_prefix('[') {
            name.split(']').next().unwrap_or_default().clone_into(&mut table);
        } else if key.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let name = key.split(' ').next().unwrap_or_default().to_owned();
            let commented = key != line;
            found.push(Key { table: table.clone(), name, line: line.to_owned(), commented, told });
        } else if let Some(key) = found.last_mut() {
            key.told |= told;
        }
    }
    found
}

/// The names that a refusal lists: "...; the tables are a, b and c", "...; [table] has a and b".
fn listed(refusal: &str) -> BTreeSet<String> {
    let list = refusal.rsplit("; ").next().unwrap_or_default();
    let list = list.split_once(" are ").or(list.split_once(" has ")).expect("a list").1;
    let words = list.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    words.filter(|word| !word.is_empty() && *word != "and").map(str::to_owned).collect()
}

#[test]
fn the_configuration_page_has_the_keys_of_the_code_and_their_defaults() {
    let blocks = blocks("docs/configuration.md", "toml");
    let keys: Vec<(&String, Key)> = blocks
        .iter()
        .flat_map(|block| keys(block).into_iter().map(move |key| (block, key)))
        .collect();
    let tables: BTreeSet<_> = keys.iter().map(|(_, key)| key.table.clone()).collect();
    let refusal = parse("[other]\n").expect_err("no table has this name");
    assert_eq!(tables, listed(&refusal), "{refusal}");
    for table in &tables {
        let of_page = keys.iter().filter(|(_, key)| key.table == *table);
        let of_page = of_page.map(|(_, key)| key.name.clone()).collect();
        let refusal = parse(&format!("[{table}]\nother = 1\n")).expect_err("no such key");
        assert_eq!(listed(&refusal), of_page, "{refusal}");
    }
    for (block, key) in keys.iter().filter(|(_, key)| !key.commented) {
        let whole = parse(block).expect("a block as it stands");
        let without = parse(&block.replace(&key.line, ""));
        let is_default = without.is_ok_and(|other| other == whole);
        let name = format!("[{}] {}", key.table, key.name);
        assert_eq!(is_default, !key.told, "{name}: its default is another, or is told twice");
    }
}

#[test]
fn what_the_page_of_scram_shows_is_valid() {
    let [configuration] = &blocks("docs/scram.md", "toml")[..] else { panic!("another block") };
    for text in [configuration, &read("examples/scram.toml")] {
        let read = parse(text).expect("a configuration");
        assert!(read.contains("SCRAM-SHA-256\", \""), "{read}");
    }
    let [counts] = &blocks("docs/scram.md", "c")[..] else { panic!("another block of C") };
    let source = format!(
        "#include <stdio.h>\n#define SECURITY_WIN32\n#include <sspi.h>\n\
         int main(void) {{ CredHandle credential = {{0, 0}};\n{counts}\nreturn 0; }}\n"
    );
    let path = scratch("documentation").join("counts.c");
    fs::write(&path, source).expect("a file");
    let program = compile_c(&[path.to_str().expect("UTF-8")], STRICT);
    succeed(&mut Command::new(program));
}

#[test]
fn the_configuration_of_readme_is_one() {
    let [block] = &blocks("README.md", "toml")[..] else { panic!("README has another block") };
    parse(block).expect("the block");
}
