//! The rules of src/ (docs/architecture.md), read from its source: no circle of files, rooms that import only what
//! they may, unsafe in its rooms alone, short files. What is compiled for tests alone is left out.

#![allow(clippy::expect_used, clippy::panic)] // a test fails by panicking

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use support::{read, root, rust_sources};
use syn::visit::{self, Visit};

/// Lines that a file of src/ may have.
const LONGEST: usize = 400;

/// What `cargo xtask circuits` writes, and files that are longer until somebody divides them.
const LONG: &[&str] = &["src/kernels/des/circuits.rs"];

/// Directories and files that may hold unsafe code.
const UNSAFE: &[&str] = &[
    "src/ffi/",
    "src/gss/",
    "src/system/",
    "src/kernels/",
    "src/accounts/sql/",
    "src/accounts/ldap/",
    "src/testing/", // plays C's side of the boundary, for tests alone
];

/// What a room may not import, none of which is a matter of taste: a leaf that knew a room would bring it along
/// wherever it is used.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "error",
        &[
            "accounts", "config", "digest", "gss", "handle", "kernels", "log", "random", "sasl",
            "sspi",
        ],
    ),
    (
        "secret",
        &[
            "accounts", "config", "digest", "gss", "handle", "kernels", "log", "random", "sasl",
            "sspi",
        ],
    ),
    (
        "base64",
        &[
            "accounts", "config", "digest", "gss", "handle", "log", "random", "sasl", "scram",
            "sspi",
        ],
    ),
    ("hex", &["accounts", "config", "digest", "gss", "handle", "log", "random", "sasl", "sspi"]),
    (
        "system",
        &["accounts", "config", "digest", "gss", "handle", "kernels", "random", "sasl", "sspi"],
    ),
    (
        "log",
        &["accounts", "config", "digest", "gss", "handle", "kernels", "random", "sasl", "sspi"],
    ),
    ("random", &["accounts", "config", "digest", "gss", "handle", "kernels", "sasl", "sspi"]),
    (
        "kernels",
        &[
            "accounts", "config", "digest", "gss", "handle", "log", "random", "sasl", "sspi",
            "system",
        ],
    ),
    ("handle", &["accounts", "config", "digest", "gss", "kernels", "sasl", "sspi"]),
    ("config", &["accounts", "digest", "gss", "handle", "packages", "sasl", "scram", "sspi"]),
    ("accounts", &["digest", "gss", "handle", "sasl", "scram", "sspi"]),
    ("sspi", &["digest", "gss", "sasl", "scram"]),
    ("sasl", &["accounts", "digest", "gss", "scram"]),
    ("scram", &["digest", "gss", "sasl"]),
    ("digest", &["gss", "sasl", "scram"]),
    ("gss", &["accounts", "digest", "sasl", "scram"]),
];

/// Imports that FORBIDDEN names and that stand all the same: file, and the room that it imports.
const STANDING_IMPORTS: &[(&str, &str)] = &[];

/// Circles that stand, each by its files: none of them may grow.
const STANDING_CIRCLES: &[&[&str]] = &[];

/// A module: `crate::a::b` is `["a", "b"]`.
type Module = Vec<String>;

/// The modules of the library, without those of tests.
#[derive(Default)]
struct House {
    files: BTreeMap<Module, String>,
    /// What `pub use` hands on: the module and the name there, and where it comes from.
    handed_on: BTreeMap<(Module, String), Module>,
    /// The paths that each module names, from the crate's root on.
    named: BTreeMap<Module, Vec<Module>>,
}

impl House {
    fn new() -> Self {
        let mut house = Self::default();
        house.enter(&vec![], Path::new("src/lib.rs"));
        house
    }

    fn enter(&mut self, module: &Module, path: &Path) {
        let name = path.to_str().expect("UTF-8").to_owned();
        let file = syn::parse_file(&read(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        self.files.insert(module.clone(), name);
        let mut reader =
            Reader { module: module.clone(), named: vec![], children: vec![], handed_on: vec![] };
        reader.visit_file(&file);
        let directory = match path.file_name().and_then(|name| name.to_str()) {
            Some("mod.rs" | "lib.rs") => path.parent().expect("a directory").to_owned(),
            _ => path.with_extension(""),
        };
        for (name, target) in reader.handed_on {
            self.handed_on.insert((module.clone(), name), target);
        }
        self.named.insert(module.clone(), reader.named);
        for child in reader.children {
            let places =
                [directory.join(format!("{child}.rs")), directory.join(&child).join("mod.rs")];
            let place = places.into_iter().find(|place| root().join(place).is_file());
            let place = place.unwrap_or_else(|| panic!("{module:?} has no file for {child}"));
            self.enter(&[&module[..], &[child]].concat(), &place);
        }
    }

    /// The module that a path leads to, through what modules hand on.
    fn resolve(&self, path: &[String]) -> Option<Module> {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let length =
                (0..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]))?;
            let (module, rest) = path.split_at(length);
            let Some((name, further)) = rest.split_first() else { return Some(module.to_vec()) };
            match self.handed_on.get(&(module.to_vec(), name.clone())) {
                // A module inside the file takes it from there.
                Some(target) if *target == path[..=length] => return Some(module.to_vec()),
                Some(target) => path = [&target[..], further].concat(),
                None => return Some(module.to_vec()),
            }
        }
        panic!("{path:?} leads nowhere")
    }

    /// Which modules each one uses.
    fn uses(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let resolve = |(module, paths): (&Module, &Vec<Module>)| {
            let mut used: BTreeSet<_> =
                paths.iter().filter_map(|path| self.resolve(path)).collect();
            used.remove(module);
            used.remove(&vec![]);
            (module.clone(), used)
        };
        self.named.iter().map(resolve).collect()
    }
}

/// What a file names, from the crate's root on.
struct Reader {
    module: Module,
    named: Vec<Module>,
    children: Vec<String>,
    handed_on: Vec<(String, Module)>,
}

impl Reader {
    /// A path from the crate's root, where it is one of this crate's.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let above = path.iter().take_while(|part| *part == "super").count();
        let rest = &path[above.max(1).min(path.len())..];
        match path.first()?.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([&self.module[..], rest].concat()),
            "super" => Some([&self.module[..self.module.len().checked_sub(above)?], rest].concat()),
            _ => None,
        }
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &[String], public: bool) {
        match tree {
            syn::UseTree::Path(path) => {
                let path_so_far = [before, &[path.ident.to_string()]].concat();
                self.tree(&path.tree, &path_so_far, public);
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.tree(tree, before, public));
            }
            syn::UseTree::Name(name) => self.used(before, &name.ident.to_string(), None, public),
            syn::UseTree::Rename(name) => {
                self.used(before, &name.ident.to_string(), Some(name.rename.to_string()), public);
            }
            syn::UseTree::Glob(_) => self.used(before, "self", None, false),
        }
    }

    fn used(&mut self, before: &[String], name: &str, renamed: Option<String>, public: bool) {
        let own = [before, &[name.to_owned()]].concat();
        let own = if name == "self" { before.to_vec() } else { own };
        // `pub use child::Thing` in the file that declares the child.
        let child = own.first().is_some_and(|first| self.children.contains(first));
        let own = if child { [&["self".to_owned()], &own[..]].concat() } else { own };
        let Some(path) = self.absolute(&own) else { return };
        if !public {
            self.named.push(path.clone());
        }
        let name = renamed.or_else(|| own.last().cloned()).unwrap_or_default();
        self.handed_on.push((name, path));
    }

    /// `crate::...` and `super::...` in a macro's words.
    fn words(&mut self, words: TokenStream) {
        let mut path: Vec<String> = vec![];
        for word in words {
            match word {
                TokenTree::Ident(ident) => path.push(ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == ':' => {}
                other => {
                    self.named.extend(self.absolute(&path));
                    path.clear();
                    if let TokenTree::Group(group) = other {
                        self.words(group.stream());
                    }
                }
            }
        }
        self.named.extend(self.absolute(&path));
    }
}

/// Whether an item is compiled for tests alone.
fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        let words = list.tokens.to_string();
        list.path.is_ident("cfg") && (words == "test" || words.starts_with("all (test"))
    })
}

fn attributes_of(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_file(&mut self, file: &'ast syn::File) {
        // Children first: a path may begin with one.
        for item in &file.items {
            if let syn::Item::Mod(child) = item
                && child.content.is_none()
                && !for_tests(&child.attrs)
            {
                self.children.push(child.ident.to_string());
            }
        }
        visit::visit_file(self, file);
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        if for_tests(attributes_of(item)) {
            return;
        }
        if let syn::Item::Mod(inner) = item
            && inner.content.is_some()
        {
            self.module.push(inner.ident.to_string());
            visit::visit_item(self, item);
            self.module.pop();
            return;
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        for statement in &block.stmts {
            let attributes = match statement {
                syn::Stmt::Local(local) => &local.attrs[..],
                syn::Stmt::Expr(syn::Expr::If(branch), _) => &branch.attrs[..],
                syn::Stmt::Expr(syn::Expr::Block(block), _) => &block.attrs[..],
                _ => &[],
            };
            if !for_tests(attributes) {
                self.visit_stmt(statement);
            }
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let public = !matches!(item.vis, syn::Visibility::Inherited);
        self.tree(&item.tree, &[], public);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        self.named.extend(self.absolute(&parts));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, found: &'ast syn::Macro) {
        self.words(found.tokens.clone());
    }
}

#[test]
fn files_form_no_circle_but_with_what_they_are_a_part_of() {
    let house = House::new();
    let mut uses = house.uses();
    for (module, used) in &mut uses {
        // A file may look up at the one that it is a part of.
        used.retain(|other| !module.starts_with(other));
    }
    let reached: BTreeMap<_, _> =
        uses.keys().map(|module| (module, reached(&uses, module))).collect();
    let mut circles: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    for (module, from_here) in &reached {
        let circle = from_here.iter().filter(|other| reached[other].contains(*module));
        circles.insert(circle.map(|module| house.files[module].as_str()).collect());
    }
    circles.retain(|circle| {
        let mut standing = STANDING_CIRCLES.iter();
        !standing.any(|files| circle.iter().all(|file| files.contains(file)))
    });
    circles.remove(&BTreeSet::new());
    assert!(circles.is_empty(), "files that use one another: {circles:#?}");
}

/// What a module uses, directly or by others.
fn reached(uses: &BTreeMap<Module, BTreeSet<Module>>, module: &Module) -> BTreeSet<Module> {
    let (mut found, mut next) = (BTreeSet::new(), vec![module.clone()]);
    while let Some(module) = next.pop() {
        for other in &uses[&module] {
            if found.insert(other.clone()) {
                next.push(other.clone());
            }
        }
    }
    found
}

#[test]
fn rooms_import_only_what_they_may() {
    let house = House::new();
    let mut found = BTreeSet::new();
    for (module, used) in house.uses() {
        let Some(room) = module.first() else { continue };
        let rule = FORBIDDEN.iter().find(|rule| rule.0 == room);
        for other in used.iter().filter_map(|other| other.first()) {
            let forbidden = rule.is_some_and(|rule| rule.1.contains(&other.as_str()));
            if forbidden || other == "ffi" && room != "ffi" {
                found.insert((house.files[&module].clone(), other.clone()));
            }
        }
    }
    found.retain(|(file, room)| !STANDING_IMPORTS.contains(&(file.as_str(), room.as_str())));
    assert!(found.is_empty(), "imports that the rooms' rules forbid: {found:#?}");
}

/// Finds unsafe code, and what allows it.
#[derive(Default)]
struct Unsafe(bool);

impl<'ast> Visit<'ast> for Unsafe {
    fn visit_expr_unsafe(&mut self, _: &'ast syn::ExprUnsafe) {
        self.0 = true;
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.0 |= signature.unsafety.is_some();
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.0 |= item.unsafety.is_some();
        visit::visit_item_impl(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.0 |= list.tokens.to_string().contains("unsafe_code");
        }
    }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

#[test]
fn unsafe_code_stands_in_its_rooms_alone() {
    let mut elsewhere = vec![];
    for path in rust_sources("src").iter().map(|path| relative(path)) {
        let mut found = Unsafe::default();
        found.visit_file(
            &syn::parse_file(&read(&path)).unwrap_or_else(|error| panic!("{path}: {error}")),
        );
        if found.0 && !UNSAFE.iter().any(|room| path.starts_with(room)) {
            elsewhere.push(path);
        }
    }
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

#[test]
fn files_are_short() {
    let sources: Vec<PathBuf> = rust_sources("src");
    let long = sources.iter().map(|path| relative(path)).filter(|path| {
        let of_tests = path.contains("/tests");
        !of_tests && read(path).lines().count() > LONGEST
    });
    let long: Vec<String> = long.filter(|path| !LONG.contains(&path.as_str())).collect();
    assert!(long.is_empty(), "files of more than {LONGEST} lines: {long:#?}");
}
