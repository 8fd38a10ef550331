//! The house rules that a machine can keep: imports point down, the core is pure, the grain is small.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use syn::{spanned::Spanned as _, visit::Visit};

/// Rooms by floor, in tenths. The guard stands above `upstream`, because it reads its key cache; the house plan
/// in `src/lib.rs` says so.
const FLOORS: [(&str, u8); 18] = [
    ("ambient", 0),
    ("protocol", 10),
    ("engine", 20),
    ("jose", 20),
    ("provider", 30),
    ("rate", 30),
    ("store", 30),
    ("upstream", 30),
    ("guard", 35),
    ("config", 40),
    ("flow", 40),
    ("gateway", 47),
    ("demo", 50),
    ("devidp", 50),
    ("web", 50),
    ("app", 55),
    ("cli", 60),
    ("main", 65),
];

const PURE: [&str; 4] = ["protocol", "jose", "engine", "provider"];

/// Paths that the pure rooms never name.
const IMPURE: [&str; 14] = [
    "tokio",
    "reqwest",
    "tracing",
    "axum",
    "hyper",
    "rusqlite",
    "getrandom",
    "futures_util",
    "std::fs",
    "std::env",
    "std::net::TcpStream",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
];

/// A crate, and the only places that name it.
const HOMES: [(&str, &[&str]); 9] = [
    ("jsonwebtoken", &["src/jose/"]),
    ("openidconnect", &["src/upstream/exchange"]),
    ("rusqlite", &["src/store/sqlite"]),
    ("deadpool", &["src/store/postgres/"]),
    ("tokio_postgres", &["src/store/postgres/"]),
    ("tokio_postgres_rustls", &["src/store/postgres/"]),
    ("getrandom", &["src/ambient.rs"]),
    ("governor", &["src/rate/"]),
    ("rmcp", &["src/demo/"]),
];

/// A type of the composition root, and who else may name it.
const ROOT_ONLY: [(&str, &[&str]); 4] = [
    ("SystemClock", &["src/app", "src/ambient.rs", "src/guard/"]),
    ("OsEntropy", &["src/app", "src/ambient.rs"]),
    ("Sqlite", &["src/app", "src/store/"]),
    (
        "Postgres",
        &["src/app", "src/config/", "src/cli/banner.rs", "src/cli/place.rs", "src/store/"],
    ),
];

const MAX_FILE: usize = 300;
const MAX_FUNCTION: usize = 50;

struct Source {
    path: String,
    room: String,
    text: String,
    paths: Vec<(usize, Vec<String>)>,
    waits: Vec<usize>,
    functions: Vec<(String, usize, usize)>,
}

#[derive(Default)]
struct Reader {
    paths: Vec<(usize, Vec<String>)>,
    waits: Vec<usize>,
    functions: Vec<(String, usize, usize)>,
}

impl Reader {
    fn function(&mut self, signature: &syn::Signature, whole: proc_macro2::Span) {
        let (from, to) = (whole.start().line, whole.end().line);
        self.functions.push((signature.ident.to_string(), from, to + 1 - from));
        if signature.asyncness.is_some() {
            self.waits.push(from);
        }
    }

    fn tree(&mut self, line: usize, tree: &syn::UseTree, mut before: Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.tree(line, &path.tree, before);
            }
            syn::UseTree::Name(name) => {
                before.push(name.ident.to_string());
                self.paths.push((line, before));
            }
            syn::UseTree::Rename(name) => {
                before.push(name.ident.to_string());
                self.paths.push((line, before));
            }
            syn::UseTree::Glob(_) => self.paths.push((line, before)),
            syn::UseTree::Group(group) => {
                for item in &group.items {
                    self.tree(line, item, before.clone());
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let test = module.attrs.iter().any(|attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
        });
        if !test {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(item.span().start().line, &item.tree, Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.paths.push((path.span().start().line, names));
        syn::visit::visit_path(self, path);
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.function(&function.sig, function.span());
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function(&function.sig, function.span());
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_expr_await(&mut self, wait: &'ast syn::ExprAwait) {
        self.waits.push(wait.span().start().line);
        syn::visit::visit_expr_await(self, wait);
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        self.waits.push(block.span().start().line);
        syn::visit::visit_expr_async(self, block);
    }
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

fn read(path: &Path, top: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap();
    let mut visitor = Reader::default();
    visitor.visit_file(&syn::parse_file(&text).unwrap());
    let path = path.strip_prefix(top).unwrap().to_str().unwrap().replace('\\', "/");
    let room = path.trim_start_matches("src/").split(['/', '.']).next().unwrap().to_owned();
    let Reader { paths, waits, functions } = visitor;
    Source { path, room, text, paths, waits, functions }
}

/// Every file of `src/`; files of unit tests only for their size.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    files(&root.join("src"), &mut paths);
    paths.sort();
    let sources: Vec<Source> = paths.iter().map(|path| read(path, root)).collect();
    assert!(sources.len() > 50, "the whole of src/ is read");
    sources
}

fn code() -> Vec<Source> {
    let mut sources = sources();
    sources.retain(|source| !source.path.contains("tests") && !source.path.ends_with("samples.rs"));
    sources
}

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_room_stands_on_a_floor() {
    let unknown = code().into_iter().filter(|source| source.room != "lib");
    let unknown = unknown.filter(|source| floor(&source.room).is_none());
    none(&unknown.map(|source| source.path).collect::<Vec<_>>());
}

#[test]
fn imports_point_down() {
    let mut faults = Vec::new();
    for source in code() {
        let Some(own) = floor(&source.room) else { continue };
        for (line, path) in &source.paths {
            let [first, other, ..] = path.as_slice() else { continue };
            if first != "crate" && first != "countersign" {
                continue;
            }
            let allowed = *other == source.room || floor(other).is_none_or(|floor| floor < own);
            if !allowed {
                faults.push(format!("{}:{line} reaches up or across to {other}", source.path));
            }
        }
    }
    none(&faults);
}

#[test]
fn the_core_neither_waits_nor_touches_the_world() {
    let mut faults = Vec::new();
    for source in code().iter().filter(|source| PURE.contains(&source.room.as_str())) {
        faults.extend(source.waits.iter().map(|line| format!("{}:{line} waits", source.path)));
        for (line, path) in &source.paths {
            let full = path.join("::");
            let named =
                |impure: &&&str| full == **impure || full.starts_with(&format!("{impure}::"));
            if let Some(impure) = IMPURE.iter().find(named) {
                faults.push(format!("{}:{line} names {impure}", source.path));
            }
        }
    }
    none(&faults);
}

#[test]
fn some_crates_and_types_have_one_home() {
    let mut faults = Vec::new();
    for source in code() {
        for (name, homes) in HOMES {
            let named =
                source.paths.iter().find(|(_, path)| path.first().is_some_and(|p| p == name));
            if let Some((line, _)) = named
                && !homes.iter().any(|home| source.path.starts_with(home))
            {
                faults.push(format!("{}:{line} names the crate {name}", source.path));
            }
        }
        for (name, homes) in ROOT_ONLY {
            let named = source.paths.iter().find(|(_, path)| path.iter().any(|part| part == name));
            if let Some((line, _)) = named
                && !homes.iter().any(|home| source.path.starts_with(home))
            {
                faults.push(format!("{}:{line} names {name}", source.path));
            }
        }
    }
    none(&faults);
}

#[test]
fn the_web_never_sees_a_store_and_the_engine_no_provider_or_token_format() {
    let forbidden = [("web", "store"), ("web", "jose"), ("engine", "jose"), ("engine", "provider")];
    let mut faults = Vec::new();
    for source in code() {
        for (line, path) in &source.paths {
            let reaches = |other: &str| {
                path.first().is_some_and(|p| p == "crate")
                    && path.get(1).is_some_and(|p| p == other)
            };
            for (room, other) in forbidden {
                if source.room == room && reaches(other) {
                    faults.push(format!("{}:{line} names {other}", source.path));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn files_and_functions_are_small() {
    let mut faults = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > MAX_FILE {
            faults.push(format!("{} has {lines} lines, more than {MAX_FILE}", source.path));
        }
        let long = source.functions.iter().filter(|(_, _, length)| *length > MAX_FUNCTION);
        faults.extend(long.map(|(name, line, length)| {
            format!("{}:{line} {name} has {length} lines, more than {MAX_FUNCTION}", source.path)
        }));
    }
    none(&faults);
}
