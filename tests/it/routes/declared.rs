//! The routes that the program's text declares.

use std::path::Path;

/// A path of a router, and a method that is answered there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) path: String,
    pub(super) method: &'static str,
}

/// Every route of the service with its methods. A route that no literal names stands among
/// [`NAMED_ELSEWHERE`], or this fails.
pub(super) fn declared() -> Vec<Declared> {
    let mut found = Vec::new();
    walk(Path::new(env!("CARGO_MANIFEST_DIR")), "src", &mut found);
    found
}

fn walk(root: &Path, folder: &str, found: &mut Vec<Declared>) {
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if OTHER_LISTENERS.contains(&name.as_str()) {
            continue;
        }
        if entry.path().is_dir() {
            walk(root, &name, found);
        } else {
            read(&name, &std::fs::read_to_string(entry.path()).unwrap(), found);
        }
    }
}

fn read(file: &str, text: &str, found: &mut Vec<Declared>) {
    assert!(!text.contains(".nest(") && !text.contains(".nest_service("), "{file} nests routes");
    for start in [".route(", ".route_service("] {
        for rest in text.split(start).skip(1) {
            let arguments = &rest[..closing(rest)];
            let (first, handlers) = arguments.split_once(',').unwrap_or((arguments, ""));
            match first.trim().strip_prefix('"').and_then(|path| path.strip_suffix('"')) {
                Some(path) => found.extend(methods(file, path, handlers)),
                None => assert!(
                    NAMED_ELSEWHERE.contains(&(file, first.trim())),
                    "the path {first} in {file} is not to be read here: give it rows"
                ),
            }
        }
    }
}

/// Where the parenthesis that is open closes.
fn closing(text: &str) -> usize {
    let mut depth = 1_i32;
    let end = text.char_indices().find(|(_, c)| {
        depth += i32::from(*c == '(') - i32::from(*c == ')');
        depth == 0
    });
    end.expect("it closes").0
}

fn methods(file: &str, path: &str, handlers: &str) -> Vec<Declared> {
    // What refuses every other method is no route.
    let handlers = handlers.split(".fallback_service").next().unwrap_or_default();
    let calls = handlers.split('(').rev().skip(1);
    let words = calls.map(|call| call.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next());
    let method = |word: Option<&str>| {
        let known = METHODS.iter().find(|(name, _)| word == Some(name));
        let (_, method) =
            known.unwrap_or_else(|| panic!("{file}: what answers {path} by {word:?}"));
        Declared { path: path.to_owned(), method }
    };
    let methods: Vec<_> = words.map(method).collect();
    assert!(!methods.is_empty(), "{file}: no method at {path}");
    methods
}

const METHODS: [(&str, &str); 6] = [
    ("get", "GET"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
    ("head", "HEAD"),
];

/// Routers of other listeners: the development identity provider, and the answer to
/// `countersign login`.
const OTHER_LISTENERS: [&str; 2] = ["src/devidp", "src/cli/login"];

/// Paths that a configuration names: each server's and its documents', which have rows of their own, and the
/// metadata of those under other hosts. The last is no route.
const NAMED_ELSEWHERE: [(&str, &str); 4] = [
    ("src/web/mod.rs", "path"),
    ("src/gateway/gate.rs", "path"),
    ("src/app/guarded.rs", "&guard.metadata_path()"),
    ("src/gateway/stdio/process.rs", "message"),
];

#[test]
fn every_spelling_of_a_route_is_read() {
    let mut found = Vec::new();
    let text = "r.route(\"/a\", get(a::b))\n.route(\n \"/c/{d}\",\n get(e).head(f::g).post(h),\n)";
    read("it", text, &mut found);
    let said: Vec<_> = found.iter().map(|it| format!("{} {}", it.method, it.path)).collect();
    assert_eq!(said, ["GET /a", "POST /c/{d}", "HEAD /c/{d}", "GET /c/{d}"]);
}
