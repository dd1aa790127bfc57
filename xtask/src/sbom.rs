//! What is built into the library: its software bill of materials, in CycloneDX's JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::{Result, cargo, problem, root};

/// The bill of materials of a build for `target`, as Rust calls it.
pub(crate) fn of(target: &str, version: &str) -> Result<String> {
    let mut tree = cargo();
    tree.args([
        "tree",
        "--package",
        "secur32",
        "--locked",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]);
    tree.args(["--target", target, "--format", "{p}|{l}"]);
    let output = tree.output().map_err(|error| format!("{tree:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{tree:?}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let lock = root().join("Cargo.lock");
    let lock = fs::read_to_string(&lock).map_err(|error| problem(&lock, &error))?;
    let sums = checksums(&lock)?;
    Ok(document(target, version, &String::from_utf8_lossy(&output.stdout), &sums))
}

/// This machine, as Rust calls it.
pub(crate) fn host() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output();
    let output = output.map_err(|error| format!("rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not say for which machine it is".into())
}

type Checksums = BTreeMap<(String, String), String>;

/// The SHA-256 of each package's archive, by name and version.
fn checksums(lock: &str) -> Result<Checksums> {
    let lock: toml::Table = lock.parse().map_err(|error| format!("Cargo.lock: {error}"))?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let field = |package: &toml::Value, name| Some(package.get(name)?.as_str()?.to_owned());
    let row = |package| {
        let key = (field(package, "name")?, field(package, "version")?);
        Some((key, field(package, "checksum")?))
    };
    Ok(packages.into_iter().flatten().filter_map(row).collect())
}

/// Of lines `name vVERSION|LICENSE`, each package once; what depends on itself by features is marked `(*)`.
fn document(target: &str, version: &str, lines: &str, sums: &Checksums) -> String {
    let packages: BTreeSet<(&str, &str, &str)> = lines
        .lines()
        .filter_map(|line| {
            let (package, license) = line.split_once('|')?;
            let mut words = package.split(' ');
            let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
            Some((name, version, license.trim_end_matches(" (*)")))
        })
        .filter(|(name, ..)| *name != "secur32")
        .collect();
    let mut text = format!(
        "{{\n  \"bomFormat\": \"CycloneDX\",\n  \"specVersion\": \"1.5\",\n  \"version\": 1,\n  \"metadata\": {{\n    \
         \"component\": {{\n      \"type\": \"library\",\n      \"name\": \"secur32\",\n      \"version\": \
         \"{version}\",\n      \"licenses\": [{{\"expression\": \"MIT OR Apache-2.0\"}}],\n      \"properties\": \
         [{{\"name\": \"target\", \"value\": \"{target}\"}}]\n    }}\n  }},\n  \"components\": ["
    );
    for (number, (name, version, license)) in packages.into_iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let license = license.replace('/', " OR ");
        let _ = write!(
            text,
            "{comma}\n    {{\"type\": \"library\", \"name\": \"{name}\", \"version\": \"{version}\", \"purl\": \
             \"pkg:cargo/{name}@{version}\", \"licenses\": [{{\"expression\": \"{license}\"}}]"
        );
        if let Some(sum) = sums.get(&(name.to_owned(), version.to_owned())) {
            let _ =
                write!(text, ", \"hashes\": [{{\"alg\": \"SHA-256\", \"content\": \"{sum}\"}}]");
        }
        text.push('}');
    }
    text + "\n  ]\n}\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_package_stands_once_with_its_license_and_sum() {
        let sums = checksums(
            "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"ab\"\n\n[[package]]\nname = \
             \"secur32\"\nversion = \"0.1.0\"\n",
        )
        .unwrap();
        let lines = "secur32 v0.1.0 (/p)|MIT OR Apache-2.0\na v1.0.0|MIT/Apache-2.0\na v1.0.0|MIT/Apache-2.0 (*)\n\
                     b v2.0.0 (proc-macro)|Zlib\n";
        let made = document("t", "0.1.0", lines, &sums);
        assert_eq!(made.matches("pkg:cargo/").count(), 2, "{made}");
        assert!(made.contains("\"a\", \"version\": \"1.0.0\""), "{made}");
        assert!(made.contains(
            "MIT OR Apache-2.0\"}], \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"ab\"}]}"
        ));
        assert!(made.contains(
            "\"purl\": \"pkg:cargo/b@2.0.0\", \"licenses\": [{\"expression\": \"Zlib\"}]}"
        ));
        assert!(made.contains("\"value\": \"t\""));
    }
}
