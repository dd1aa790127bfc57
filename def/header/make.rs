//! The part of build.rs that makes `include/secur32.h`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cbindgen::ItemType;

use super::{Export, Result, collect, read, variable, write};

/// The functions that some platforms' `<sspi.h>` does not declare although the DLL exports them.
const UNDECLARED_ON_WINDOWS: &[&str] = &["SealMessage", "UnsealMessage"];

/// Macros of the header that exist in both text forms.
const ENTRY_POINTS: [&str; 4] = [
    "SECURITY_ENTRYPOINTA",
    "SECURITY_ENTRYPOINTW",
    "SECURITY_ENTRYPOINT_ANSIA",
    "SECURITY_ENTRYPOINT_ANSIW",
];

/// What the header takes from cbindgen beside functions.
const KINDS_OF_TYPES: [ItemType; 3] = [ItemType::Structs, ItemType::Unions, ItemType::Enums];

/// The header: the fixed parts of `def/header`, and what cbindgen makes of `src/ffi`.
pub(super) fn make(root: &Path, exports: &[Export]) -> Result<String> {
    let part = |name: &str| read(&root.join("def/header").join(name));
    let copies = Copies::make(root)?;
    let structures = structures(&copies.bindings(root, &KINDS_OF_TYPES)?);
    let (more, tables) = (part("more.h")?, part("tables.h")?);
    if let Some(name) = type_names(&structures).find(|name| type_names(&more).any(|it| it == *name))
    {
        return Err(format!("{name} is in src/ffi and also in def/header/more.h: drop it there"));
    }
    let types = [&*structures, &*more, &*tables].concat();
    let functions = copies.bindings(root, &[ItemType::Functions])?;
    let functions = Functions::new(&functions, &copies.functions, exports)?;
    let undeclared = |name: &str| UNDECLARED_ON_WINDOWS.contains(&name);
    let declared = |name: &str| {
        !undeclared(name) && exports.iter().any(|export| export.name == name && export.on_unix())
    };
    let text = part("secur32.h.in")?
        .replace("@VOCABULARY@\n", &part("vocabulary.h")?)
        .replace("@CONSTANTS@\n", &part("constants.h")?)
        .replace("@NAMES@\n", &part("names.h")?)
        .replace("@STRUCTURES@\n", &structures)
        .replace("@MORE@\n", &more)
        .replace("@TABLES@\n", &tables)
        .replace("@TEXT_FORMS@\n", &text_forms(&types, exports))
        .replace("@LACKING@\n", &part("lacking.h")?)
        .replace("@FUNCTIONS@\n", &functions.named(declared))
        .replace("@UNDECLARED@\n", &functions.named(undeclared));
    block_comments(&text)
}

/// The same with its `//` comments, which C89 does not have, between `/*` and `*/`.
fn block_comments(text: &str) -> Result<String> {
    let comment = |line: &str| Some(line.trim_start().strip_prefix("//")?.to_owned());
    let mut result = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(mut words) = comment(line) else {
            result.push_str(line);
            result.push('\n');
            continue;
        };
        let indent = &line[..line.len() - line.trim_start().len()];
        let next_words = |next: Option<&&str>| next.and_then(|next| comment(next));
        while let Some(next) = next_words(lines.peek()) {
            let _ = write!(words, "\n{indent} *{next}");
            lines.next();
        }
        if words.contains("/*") || words.contains("*/") {
            return Err(format!("a comment cannot hold a comment's end or beginning:\n{words}"));
        }
        let _ = writeln!(result, "{indent}/*{words} */");
    }
    Ok(result)
}

/// Copies of the sources in a form that cbindgen understands: it skips `extern "system"`, which is
/// the C convention everywhere but on 32-bit Windows, where `SEC_ENTRY` says so.
struct Copies {
    paths: Vec<PathBuf>,
    structures: Vec<String>,
    functions: Vec<String>,
}

impl Copies {
    fn make(root: &Path) -> Result<Self> {
        let directory = PathBuf::from(variable("OUT_DIR")?).join("ffi");
        let mut sources = vec![];
        collect(&root.join("src/ffi"), &mut sources)?;
        sources.sort();
        let mut copies = Self { paths: vec![], structures: vec![], functions: vec![] };
        for (number, source) in sources.iter().enumerate() {
            let text = read(source)?
                .replace("extern \"system-unwind\" fn", "extern \"C\" fn")
                .replace("extern \"system\" fn", "extern \"C\" fn")
                .replace("cfg_attr(not(windows), unsafe(no_mangle))", "unsafe(no_mangle)");
            copies.structures.extend(c_structures(&text));
            copies.functions.extend(exported_functions(&text));
            let copy = directory.join(format!("{number}.rs"));
            write(&copy, &text)?;
            copies.paths.push(copy);
        }
        Ok(copies)
    }

    /// What cbindgen makes of the copies, of some kinds of items.
    fn bindings(&self, root: &Path, kinds: &[ItemType]) -> Result<String> {
        let path = root.join("cbindgen.toml");
        let mut config = cbindgen::Config::from_file(&path)?;
        config.export.item_types = kinds.to_vec();
        config.export.include.extend(self.structures.iter().cloned());
        let mut builder = cbindgen::Builder::new().with_config(config);
        for copy in &self.paths {
            builder = builder.with_src(copy);
        }
        let bindings = builder.generate().map_err(|error| format!("cbindgen: {error}"))?;
        let mut text = vec![];
        bindings.write(&mut text);
        String::from_utf8(text).map_err(|error| format!("cbindgen: {error}"))
    }
}

/// The names of the `pub` structures and unions with C's layout.
fn c_structures(source: &str) -> Vec<String> {
    let mut names = vec![];
    let mut layout = false;
    for line in source.lines() {
        if line.starts_with("#[repr(C") {
            layout = true;
        } else if let Some(rest) =
            line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub union "))
        {
            let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next();
            names.extend(name.filter(|_| layout).map(String::from));
            layout = false;
        }
    }
    names
}

/// The names of the exported functions. Cbindgen also finds those that a source imports.
fn exported_functions(source: &str) -> impl Iterator<Item = String> {
    source
        .split("unsafe(no_mangle)")
        .skip(1)
        .filter_map(|part| Some(part.split_once(" fn ")?.1.split('(').next()?.trim().to_string()))
        // Those that a macro makes are the platform's own to declare.
        .filter(|name| !name.starts_with('$'))
}

/// Writes types by their Windows words.
fn windows_words(line: &str) -> String {
    line.replace("uintptr_t", "ULONG_PTR")
        .replace("uint32_t", "ULONG")
        .replace("int32_t", "LONG")
        .replace("uint16_t", "USHORT")
        .replace("uint8_t", "UCHAR")
}

/// Gives the structures the tags and pointer names that they have on Windows.
fn structures(bindings: &str) -> String {
    let mut text = String::new();
    let mut identity = false;
    for line in items(bindings) {
        let mut line = windows_words(line);
        for kind in ["struct", "union", "enum"] {
            if let Some(tag) = line.strip_prefix(&format!("typedef {kind} ")) {
                identity = tag.starts_with("SEC_WINNT_AUTH_IDENTITY");
                line = format!("typedef {kind} _{tag}");
            }
            // References to structures go by their type names.
            if line.starts_with(' ') {
                line = line.replace(&format!(" {kind} "), " ");
            }
        }
        if let Some(name) = line.strip_prefix("} ").and_then(|rest| rest.strip_suffix(';')) {
            line = format!("}} {name}, *P{name};");
        }
        if identity && !line.trim_start().starts_with("//") {
            // So are they on Windows, and so do C++ programs cast what they put there.
            line = line.replace(" WCHAR *", " unsigned short *");
            line = line.replace(" UCHAR *", " unsigned char *");
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The lines of cbindgen's output without what surrounds the items.
fn items(bindings: &str) -> impl Iterator<Item = &str> {
    let body = bindings.lines().filter(|line| !line.starts_with("#include"));
    body.skip_while(|line| line.is_empty())
}

/// The prototypes with their comments, by name.
struct Functions(Vec<(String, String)>);

impl Functions {
    fn new(bindings: &str, exported: &[String], exports: &[Export]) -> Result<Self> {
        for name in exported {
            if !exports.iter().any(|export| export.name == *name) {
                return Err(format!("src/ffi exports {name}, which def/exports.txt does not list"));
            }
        }
        let mut found = vec![];
        for item in bindings.split("\n\n").map(str::trim).filter(|item| item.contains('(')) {
            let is_comment = |line: &&str| line.starts_with("//") || line.starts_with("#include");
            let comment: Vec<_> = item.lines().take_while(is_comment).collect();
            let prototype: Vec<_> = item.lines().skip_while(is_comment).collect();
            let prototype = windows_words(&prototype.join("\n")).replace("struct ", "");
            let Some((result_and_name, arguments)) = prototype.split_once('(') else { continue };
            let start = result_and_name.rfind([' ', '*']).map_or(0, |space| space + 1);
            let (result, name) = result_and_name.split_at(start);
            if !exported.iter().any(|export| export == name) {
                continue;
            }
            // The parameters that the library has no use for begin with an underscore in Rust.
            let arguments = join_lines(arguments).replace(" _", " ").replace("*_", "*");
            let mut text = comment.join("\n").replace("[`", "`").replace("`]", "`");
            let line = format!("{result}SEC_ENTRY {name}({arguments}");
            let _ = writeln!(text, "\n{}", wrap(&line));
            found.push((name.to_string(), text.trim_start().to_string()));
        }
        for name in exported {
            if !found.iter().any(|(found, _)| found == name) {
                return Err(format!("cbindgen does not understand the export {name}"));
            }
        }
        found.sort();
        Ok(Self(found))
    }

    fn named(&self, wanted: impl Fn(&str) -> bool) -> String {
        let texts: Vec<_> =
            self.0.iter().filter(|(name, _)| wanted(name)).map(|(_, text)| &**text).collect();
        texts.join("\n")
    }
}

fn join_lines(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Breaks a prototype into lines of at most 100 columns.
fn wrap(prototype: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for (number, word) in prototype.split_inclusive(", ").enumerate() {
        if number > 0 && column + word.trim_end().len() > 100 {
            text.truncate(text.trim_end().len());
            text.push_str("\n    ");
            column = 4;
        }
        text.push_str(word);
        column += word.len();
    }
    text
}

/// The names of the structures and unions that a part of the header defines.
fn type_names(part: &str) -> impl Iterator<Item = &str> {
    part.lines().filter_map(|line| line.strip_prefix("} ")?.split([',', ';']).next())
}

/// The names of the pointers to functions that a part of the header defines.
fn pointer_names(part: &str) -> impl Iterator<Item = &str> {
    part.lines().filter_map(|line| line.split_once("(SEC_ENTRY *")?.1.split(')').next())
}

/// The names without A and W, for what exists in both forms.
fn text_forms(types: &str, exports: &[Export]) -> String {
    let structures: Vec<&str> = type_names(types).collect();
    let pointers: Vec<&str> = pointer_names(types).chain(ENTRY_POINTS).collect();
    // What only Windows has, its own headers declare.
    let ours = exports.iter().filter(|export| export.on_unix());
    let functions: Vec<&str> = ours.map(|export| &*export.name).collect();
    let mut names = vec![];
    for (list, prefixes) in [(structures, &["", "P"][..]), (pointers, &[""]), (functions, &[""])] {
        for base in list.iter().filter_map(|name| name.strip_suffix('W')) {
            if list.contains(&&*format!("{base}A")) {
                names.extend(prefixes.iter().map(|prefix| format!("{prefix}{base}")));
            }
        }
    }
    let mut text = String::new();
    for (condition, letter) in [("#ifdef UNICODE", 'W'), ("#else", 'A')] {
        let _ = writeln!(text, "{condition}");
        for base in &names {
            let _ = writeln!(text, "#define {} {base}{letter}", base.trim_end_matches('_'));
        }
    }
    text + "#endif\n"
}
