//! Claims about the source itself: that no export goes without its guard.

use std::fs;
use std::path::Path;

/// How an export is declared; in two parts, as build.rs looks for it too.
const DECLARATION: &str = concat!("pub unsafe extern \"system\"", " fn ");

/// Every file of this folder but the tests: name and text.
fn sources() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ffi");
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with("_tests.rs") {
            sources.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    sources
}

/// The name and the body of every exported function in `source`.
fn exports(source: &str) -> Vec<(&str, &str)> {
    let mut exports = Vec::new();
    for part in source.split(concat!("#[unsafe", "(no_mangle)]\n")).skip(1) {
        let signature = part.strip_prefix(DECLARATION).unwrap_or_else(|| {
            panic!("not declared as the header's generator wants it: {}", &part[..60])
        });
        let name = signature.split('(').next().unwrap();
        let body = signature.split_once("{\n").unwrap().1.split_once("\n}\n").unwrap().0;
        exports.push((name, body));
    }
    exports
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn every_export_runs_inside_the_guard() {
    let mut count = 0;
    for (file, source) in sources() {
        let found = exports(&source);
        assert_eq!(source.matches(DECLARATION).count(), found.len(), "{file}: one is not exported");
        for (name, body) in found {
            count += 1;
            // Before the guard a body may only name the parameters that are not used.
            let mut statements = body.lines().map(str::trim).filter(|line| !line.starts_with("//"));
            let first = statements.find(|line| !line.starts_with("let _ = ")).unwrap();
            let guarded = ["guard", "guard_value", "guard_void"].iter().any(|guard| {
                first.starts_with(&format!("{guard}(\"{name}\""))
                    || first == format!("{guard}(")
                        && body.contains(&format!("{guard}(\n        \"{name}\""))
            });
            assert!(guarded, "{file}: {name} begins with: {first}");
            assert_eq!(body.matches("guard").count(), 1, "{file}: {name} does more than guard");
        }
    }
    assert!(count >= 59, "only {count} exports were found");
}
