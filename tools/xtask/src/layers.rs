//! Checks that the files of one crate do not import each other in circles, and that no two of them call each other's
//! methods.
//!
//! The rule: at every level of the module tree, sibling modules do not use each other in circles. A module includes
//! everything below it. For example, a file that uses `config.rs` or `config/json.rs` uses the module `config`. A
//! module and its own children may use each other. If a file uses a re-exported name, it uses the file that defines the
//! name.
//!
//! In each Rust file, the check follows the paths that start with `crate`, `super` or `self`, and the paths of `use`
//! items. It skips modules and imports for tests. `calls.rs` finds method calls: a file that calls a method uses the
//! file that defines the method, even without an import. In TypeScript, each file is one module, and the check follows
//! imports of relative names.

mod calls;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use calls::{Call, Calls};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ItemMod, ItemUse, Macro, Meta, Token, UseTree};

use crate::workspace;

/// The folder of the TypeScript sources.
const TYPESCRIPT: &str = "bindings/wasm/ts/src";

/// A path in Rust, relative to the crate's root. It does not begin with `crate`, `super` or `self`.
type Names = Vec<String>;

/// Maps a module to the modules that it uses, each with a description of one such use.
type Graph = BTreeMap<String, BTreeMap<String, String>>;

/// Checks every crate of the workspace and the TypeScript sources for modules that use each other in circles.
pub(crate) fn check() -> Result<()> {
    let mut called = BTreeMap::new();
    let mut graphs = BTreeMap::from([(TYPESCRIPT.to_string(), typescript(&workspace::root().join(TYPESCRIPT))?)]);
    for package in workspace::metadata()?.packages {
        let sources = package.manifest_path.with_file_name("src");
        // a package without a source folder compiles the sources of another package, which is checked itself
        if !sources.exists() {
            continue;
        }
        let name = sources.strip_prefix(workspace::root())?;
        let modules = modules(sources.as_std_path())?;
        called.extend(levels(name.as_str(), &calls_between(&modules)));
        graphs.extend(levels(name.as_str(), &imports(&modules)));
    }
    let mut wrong = pairs(&called);
    for (folder, graph) in &graphs {
        wrong.extend(circles(graph).iter().map(|circle| describe(folder, circle, graph)));
    }
    if !wrong.is_empty() {
        bail!("these use each other in circles:\n{}", wrong.join("\n"));
    }
    println!("no circles in {} folders", graphs.len());
    Ok(())
}

/// The names that a Rust file refers to.
#[derive(Default)]
struct Module {
    file: String,
    /// The path of the module that contains the code being visited.
    place: Names,
    uses: BTreeSet<Names>,
    calls: Calls,
    /// The names that `use` items bring into a module. Each key is the module's path followed by the name, and each
    /// value is the path that the name stands for.
    imports: BTreeMap<Names, Names>,
    /// The test modules that this file declares and whose code is in other files.
    for_tests: BTreeSet<Names>,
}

impl Module {
    fn parse(file: &str, place: Names, text: &str) -> Result<Self> {
        let mut module = Self { file: file.into(), place, ..Self::default() };
        let parsed = syn::parse_file(text).with_context(|| format!("cannot parse `{file}`"))?;
        module.visit_file(&parsed);
        module.calls = Calls::of(&parsed, module.place.clone());
        Ok(module)
    }

    /// Records the imports in a `use` tree such as `a::{b, c as d}`.
    fn import(&mut self, tree: &UseTree, mut path: Names) {
        let name = match tree {
            UseTree::Path(part) => {
                path.push(part.ident.to_string());
                return self.import(&part.tree, path);
            }
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.import(tree, path.clone())),
            UseTree::Glob(_) => "*".into(),
            UseTree::Name(name) => {
                path.push(name.ident.to_string());
                name.ident.to_string()
            }
            UseTree::Rename(names) => {
                path.push(names.ident.to_string());
                names.rename.to_string()
            }
        };
        // a path that does not start with `crate`, `self` or `super` begins with the name of a child module or of
        // another crate
        let path = absolute(&self.place, &path).unwrap_or_else(|| [self.place.clone(), path].concat());
        self.uses.insert(path.clone());
        self.imports.insert([self.place.clone(), vec![name]].concat(), path);
    }
}

impl Visit<'_> for Module {
    fn visit_item_mod(&mut self, item: &ItemMod) {
        self.place.push(item.ident.to_string());
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        } else if item.content.is_none() {
            self.for_tests.insert(self.place.clone());
        }
        self.place.pop();
    }

    fn visit_item_use(&mut self, item: &ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.import(&item.tree, Names::new());
        }
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names: Names = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.uses.extend(absolute(&self.place, &names));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &Macro) {
        // visits the arguments of macros that take expressions, such as `format!`
        if let Ok(arguments) = call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            arguments.iter().for_each(|argument| self.visit_expr(argument));
        }
        visit::visit_macro(self, call);
    }
}

/// Resolves `path`, which is written in the module `place`, to a path from the crate's root. Returns `None` if `path`
/// does not start with `crate`, `self` or `super`.
fn absolute(place: &[String], path: &[String]) -> Option<Names> {
    let supers = path.iter().take_while(|name| *name == "super").count();
    let (start, rest) = match path.first()?.as_str() {
        "crate" => (0, 1),
        "self" => (place.len(), 1),
        "super" => (place.len().checked_sub(supers)?, supers),
        _ => return None,
    };
    Some(place.iter().take(start).chain(path.iter().skip(rest)).cloned().collect())
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| requires_test(&attribute.meta))
}

/// Returns `true` if the attribute, or a condition inside of it, restricts an item to tests: `test`, `cfg(test)`,
/// `cfg(all(test, …))`.
fn requires_test(meta: &Meta) -> bool {
    match meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") || list.path.is_ident("all") => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .is_ok_and(|parts| parts.iter().any(requires_test)),
        Meta::List(_) | Meta::NameValue(_) => false,
    }
}

/// Returns the modules of a crate that have a file of their own. Each key is the module's path.
fn modules(sources: &Path) -> Result<BTreeMap<Names, Module>> {
    let mut modules = BTreeMap::new();
    for path in workspace::files(sources)?.iter().filter(|path| path.extension().is_some_and(|end| end == "rs")) {
        let file = path.strip_prefix(sources)?;
        let mut place: Names = file.with_extension("").iter().map(|part| part.to_string_lossy().into()).collect();
        place.pop_if(|last| ["lib", "main", "mod"].contains(&last.as_str()));
        let module = Module::parse(&file.to_string_lossy(), place.clone(), &fs::read_to_string(path)?)?;
        modules.insert(place, module);
    }
    let for_tests: Vec<Names> = modules.values().flat_map(|module| module.for_tests.clone()).collect();
    modules.retain(|place, _| !for_tests.iter().any(|tests| place.starts_with(tests)));
    Ok(modules)
}

/// A place where one module uses another: the path of the using module, the path of the used module, and a description.
type Use<'a> = (&'a Names, Names, String);

/// Returns a `Use` for each path that a module imports or spells out in its code. The `Use` points to the module that
/// defines the item at that path.
fn imports(modules: &BTreeMap<Names, Module>) -> Vec<Use<'_>> {
    let uses = modules.iter().flat_map(|(from, module)| module.uses.iter().map(move |path| (from, module, path)));
    uses.map(|(from, module, path)| {
        let to = defining(modules, path.clone()).0;
        (from, to, format!("{} uses {}", module.file, path.join("::")))
    })
    .collect()
}

/// Returns a `Use` for each method that a module calls. The `Use` points to the module that defines the method.
fn calls_between(modules: &BTreeMap<Names, Module>) -> Vec<Use<'_>> {
    let definition = |path: &Names| defining(modules, path.clone()).1;
    let (mut methods, mut fields) = (BTreeMap::new(), BTreeMap::new());
    for (place, module) in modules {
        methods.extend(module.calls.methods.iter().map(|(of, name)| ((definition(of), name), place)));
        fields.extend(module.calls.fields.iter().map(|(of, name, is)| ((definition(of), name), definition(is))));
    }
    let mut uses = Vec::new();
    for (from, module) in modules {
        for Call { root, fields: path, method } in &module.calls.calls {
            let receiver = path.iter().try_fold(definition(root), |of, field| fields.get(&(of, field)).cloned());
            let Some(to) = receiver.and_then(|receiver| methods.get(&(receiver, method))) else { continue };
            uses.push((from, (*to).clone(), format!("{} calls {method}", module.file)));
        }
    }
    uses
}

/// Returns one graph for the crate's top level, and one for each module with children. A graph shows which modules at
/// that level use each other.
fn levels(root: &str, uses: &[Use<'_>]) -> BTreeMap<String, Graph> {
    let mut levels: BTreeMap<String, Graph> = BTreeMap::new();
    for (from, to, example) in uses {
        let common = from.iter().zip(to).take_while(|(one, other)| one == other).count();
        // if one path is the beginning of the other, one module contains the other, and a module and its children may
        // use each other
        let (Some(user), Some(used)) = (from.get(common), to.get(common)) else { continue };
        let folder = from.iter().take(common).fold(root.to_string(), |folder, name| format!("{folder}/{name}"));
        let graph = levels.entry(folder).or_default();
        graph.entry(user.clone()).or_default().entry(used.clone()).or_insert_with(|| example.clone());
    }
    levels
}

/// Returns a message for each pair of modules that call each other's methods.
fn pairs(levels: &BTreeMap<String, Graph>) -> Vec<String> {
    let mut pairs = Vec::new();
    for (folder, graph) in levels {
        for (one, used) in graph {
            let calls_back = |other: &&String| graph.get(*other).is_some_and(|used| used.contains_key(one));
            for other in used.keys().filter(|other| one < *other).filter(calls_back) {
                pairs.push(describe(folder, &BTreeSet::from([one.clone(), other.clone()]), graph));
            }
        }
    }
    pairs
}

/// Follows re-exports to find where the item at `path` is defined. Returns the path of the module whose file defines
/// the item, and the path of the item in that module.
fn defining(modules: &BTreeMap<Names, Module>, mut path: Names) -> (Names, Names) {
    // follows a chain of at most 8 re-exports
    for _ in 0..8 {
        let mut place = path.clone();
        while !place.is_empty() && !modules.contains_key(&place) {
            place.pop();
        }
        let import = path.get(..=place.len()).and_then(|name| modules.get(&place)?.imports.get(name));
        match import {
            Some(import) => path = [import.clone(), path.split_off(place.len() + 1)].concat(),
            None => return (place, path),
        }
    }
    (Names::new(), path)
}

/// Returns the TypeScript files below a folder, each with the files that it imports by relative names.
fn typescript(folder: &Path) -> Result<Graph> {
    let mut graph = Graph::new();
    for path in workspace::files(folder)? {
        let name = path.strip_prefix(folder)?.with_extension("");
        let name = name.to_string_lossy().into_owned();
        let text = fs::read_to_string(&path)?;
        let strings: Vec<&str> = text.split('"').collect();
        for pair in strings.windows(2) {
            let [before, target] = pair else { continue };
            let is_import = ["from", "import", "import("].iter().any(|word| before.trim_end().ends_with(word));
            if is_import && target.starts_with('.') {
                let target = relative(&name, target.trim_end_matches(".js"));
                graph.entry(name.clone()).or_default().insert(target.clone(), format!("{name}.ts imports {target}"));
            }
        }
    }
    Ok(graph)
}

/// Resolves `target`, a relative name that the file `from` imports.
fn relative(from: &str, target: &str) -> String {
    let mut names: Vec<&str> = from.split('/').collect();
    names.pop();
    for part in target.split('/') {
        match part {
            "." => {}
            ".." => drop(names.pop()),
            part => names.push(part),
        }
    }
    names.join("/")
}

/// Returns each set of modules that use each other in a circle, directly or through other modules.
fn circles(graph: &Graph) -> BTreeSet<BTreeSet<String>> {
    let reached = |start: &String| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(name) = open.pop() {
            let used = graph.get(name).into_iter().flat_map(BTreeMap::keys);
            open.extend(used.filter(|name| reached.insert(String::clone(name))));
        }
        reached
    };
    let all: BTreeMap<&String, BTreeSet<String>> = graph.keys().map(|name| (name, reached(name))).collect();
    let in_circle = |name: &&String| all.get(name).is_some_and(|reached| reached.contains(*name));
    let returns = |from: &String, to: &String| all.get(to).is_some_and(|reached| reached.contains(from));
    all.iter()
        .filter(|(name, _)| in_circle(name))
        .map(|(name, reached)| reached.iter().filter(|other| returns(name, other)).cloned().collect())
        .collect()
}

fn describe(folder: &str, circle: &BTreeSet<String>, graph: &Graph) -> String {
    let examples = circle.iter().filter_map(|name| graph.get(name)).flatten();
    let examples: Vec<&str> =
        examples.filter(|(used, _)| circle.contains(*used)).map(|(_, text)| text.as_str()).collect();
    let members: Vec<&str> = circle.iter().map(String::as_str).collect();
    format!("{folder}: {} ({})", members.join(", "), examples.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the modules of a crate that consists of these files.
    fn parsed(files: &[(&str, &str)]) -> BTreeMap<Names, Module> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        modules(folder.path()).unwrap()
    }

    /// Returns the modules that use each other in circles, in a crate that consists of these files.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let modules = parsed(files);
        let levels = levels("src", &imports(&modules));
        let found = levels.iter().flat_map(|(folder, graph)| circles(graph).into_iter().map(move |it| (folder, it)));
        found.map(|(folder, circle)| format!("{folder}: {}", Vec::from_iter(circle).join(", "))).collect()
    }

    #[test]
    fn two_files_and_longer_chains_that_return_are_circles() {
        let files =
            [("a.rs", "use crate::b::B;"), ("b.rs", "fn f() -> super::a::A { todo() }"), ("c.rs", "use crate::a;")];
        assert_eq!(found(&files), ["src: a, b"]);
        let files =
            [("a.rs", "use crate::{b, z::Z};"), ("b.rs", "fn f() { g(crate::c::C) }"), ("c.rs", "use super::a::*;")];
        assert_eq!(found(&files), ["src: a, b, c"]);
    }

    #[test]
    fn circles_are_found_through_re_exports_macros_and_inline_modules() {
        let root = ("lib.rs", "mod a; mod b; pub use b::{Inner as B};");
        assert_eq!(found(&[root, ("a.rs", "use crate::B;"), ("b.rs", "use crate::a::A;")]), ["src: a, b"]);
        assert_eq!(
            found(&[("a.rs", "fn f() { format!(\"{}\", crate::b::B) }"), ("b.rs", "use crate::a::A;")]),
            ["src: a, b"]
        );
        assert_eq!(
            found(&[("a.rs", "mod x { use super::super::b::B; }"), ("b.rs", "use crate::a::A;")]),
            ["src: a, b"]
        );
    }

    #[test]
    fn a_module_includes_its_folder_and_may_use_its_children() {
        let inside =
            [("a.rs", "mod b; use b::B; struct A;"), ("a/b.rs", "use super::A;"), ("a/c.rs", "use super::b::B;")];
        assert_eq!(found(&inside), Vec::<String>::new());
        let through = [("a.rs", "mod b;"), ("a/b.rs", "use crate::c::C;"), ("c.rs", "use crate::a::A;")];
        assert_eq!(found(&through), ["src: a, c"]);
        let children = [("a/mod.rs", ""), ("a/b.rs", "use super::c::C;"), ("a/c.rs", "use crate::a::b::B;")];
        assert_eq!(found(&children), ["src/a: b, c"]);
    }

    #[test]
    fn a_name_that_only_an_inline_module_imports_does_not_count_as_re_exported() {
        let files = [("a.rs", "mod x { use crate::b::B; } struct B;"), ("b.rs", ""), ("c.rs", "use crate::a::B;")];
        assert_eq!(found(&files), Vec::<String>::new());
        let back = ("b.rs", "use crate::c::C;");
        assert_eq!(found(&[files[0], back, files[2]]), ["src: a, b, c"]);
        assert_eq!(found(&[("a.rs", "mod x { use crate::z::B; } struct B;"), back, files[2]]), Vec::<String>::new());
    }

    #[test]
    fn modules_and_imports_for_tests_do_not_count() {
        let files = [
            ("a.rs", "use crate::b; #[cfg(test)] mod tests { use crate::c; } #[cfg(test)] mod story;"),
            ("a/story.rs", "use crate::c;"),
            ("b.rs", "#[cfg(all(test, unix))] use crate::a;"),
            ("c.rs", "use crate::a;"),
        ];
        assert_eq!(found(&files), Vec::<String>::new());
    }

    /// Makes a crate of these files, and returns what the check reports about modules that call each other's methods.
    fn calling(files: &[(&str, &str)]) -> Vec<String> {
        pairs(&levels("src", &calls_between(&parsed(files))))
    }

    #[test]
    fn two_files_that_call_each_others_methods_are_found_without_imports() {
        let engine = ("e.rs", "pub struct Engine { pacer: Box<crate::p::Pacer> }");
        let files = [
            engine,
            ("e/ask.rs", "use super::Engine; impl Engine { fn ask(&self) { (self).store() } }"),
            (
                "e/end.rs",
                "impl crate::e::Engine { fn store(&self) { Self::ask(self) } fn other(&self) { self.store() } }",
            ),
        ];
        let pair = "src/e: ask, end (e/ask.rs calls store; e/end.rs calls ask)";
        assert_eq!(calling(&files), [pair]);
        assert_eq!(calling(&files[..2]), Vec::<String>::new());
    }

    #[test]
    fn calls_through_parameters_and_fields_are_found() {
        let files = [
            ("e.rs", "pub struct Engine { pacer: Box<crate::p::Pacer> } impl Engine { fn end(&self) {} }"),
            ("a.rs", "use crate::e::Engine; pub struct Ask; impl Ask { fn go(e: &mut Engine) { e.pacer.wait() } }"),
            ("p.rs", "pub struct Pacer; impl Pacer { fn wait(&self, ask: crate::a::Ask) { ask.stop() } }"),
            ("b.rs", "impl crate::a::Ask { fn stop(self) {} }"),
        ];
        assert_eq!(calling(&files), Vec::<String>::new());
        let back =
            ("p.rs", "pub struct Pacer; impl Pacer { fn wait(&self, ask: crate::a::Ask) { crate::a::Ask::go() } }");
        assert_eq!(calling(&[files[0], files[1], back]), ["src: a, p (a.rs calls wait; p.rs calls go)"]);
    }

    #[test]
    fn methods_of_other_types_with_the_same_name_do_not_count() {
        let files = [
            ("a.rs", "pub struct A; impl A { fn get(&self) { self.put() } fn own(&self, b: crate::b::B) { b.get() } }"),
            (
                "b.rs",
                "pub struct B; impl B { fn get(&self, list: Vec<u8>) { list.get(0); self.own() } fn put(&self) {} }",
            ),
        ];
        assert_eq!(calling(&files), Vec::<String>::new());
    }

    #[test]
    fn circles_between_typescript_files_are_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("node")).unwrap();
        let files = [
            ("a.ts", "import { x } from \"./node/b.js\";\nimport \"node:fs\";"),
            ("node/b.ts", "export * from \"../a.js\";"),
        ];
        files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
        let graph = typescript(folder.path()).unwrap();
        let circle = circles(&graph).pop_first().unwrap();
        assert_eq!(describe("src", &circle, &graph), "src: a, node/b (a.ts imports node/b; node/b.ts imports a)");
    }
}
