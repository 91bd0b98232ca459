//! Builds the book in `docs`, and checks that:
//!
//! - its table of contents names every page,
//! - no link in a Markdown file is dead,
//! - the code blocks of its pages work,
//! - the map in ARCHITECTURE.md names the files that exist.
//!
//! These checks are needed, because `mdbook` does not report a broken link, and silently leaves out a page that the
//! table of contents does not name. Links to other websites are not checked.
//!
//! `cargo xtask test` checks only the Markdown files, because building `mdbook` takes minutes and the Markdown files
//! show almost every mistake. `cargo xtask docs` builds the book, and then also checks the links of the built pages.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use xshell::{Shell, cmd};

use crate::{demo_web, html_links, npm_package, readme, tools, workspace};

const PAGES: &str = "docs/src";

/// The READMEs that package registries show. They must not link to files of the repository, because such links are dead
/// on a registry's page. The crate's own README may do so, because crates.io turns its relative links into links to the
/// repository.
const FRONT_PAGES: [&str; 5] = [
    "bindings/python/PYPI.md",
    "bindings/tauri/README.md",
    "pkg-template/README.md",
    "tools/cli/README.md",
    "tools/mock-polar/README.md",
];

/// The file with the map of the code.
const MAP: &str = "ARCHITECTURE.md";

/// The folder with the settings of the tool that writes the reference of the npm package.
const REFERENCE: &str = "bindings/wasm/reference";

/// Builds the book as web pages. Also builds the reference of the npm package and the demonstration, in subfolders of
/// the built book.
pub(crate) fn build(sh: &Shell) -> Result<()> {
    let mdbook = tools::MDBOOK.program(sh, "mdbook")?;
    cmd!(sh, "{mdbook} build docs").run()?;
    npm_package::install_all(sh)?;
    // a warning, such as one about a dead link in a comment, counts as an error
    cmd!(sh, "node node_modules/typedoc/bin/typedoc --options {REFERENCE} --treatWarningsAsErrors").run()?;
    let book = workspace::target()?.join("book");
    workspace::copy_guides_for_agents(&book)?;
    demo_web::write(sh, &book.join("demo"))?;
    println!("{} links of the book lead somewhere", check_built(&book)?);
    println!("the book: {0}/index.html\nthe npm package: {0}/npm/index.html", book.display());
    Ok(())
}

/// Checks the links of each built page, and returns the number of links.
fn check_built(book: &Path) -> Result<usize> {
    let pages = markdown_files(PAGES)?.into_iter().filter(|page| !page.ends_with("SUMMARY.md"));
    let mut checked = 0;
    for page in pages {
        checked += html_links::check(&book.join(page.strip_prefix(PAGES)?).with_extension("html"))?;
    }
    Ok(checked)
}

pub(crate) fn check(sh: &Shell) -> Result<()> {
    let pages = markdown_files(PAGES)?;
    check_contents(&pages)?;
    check_map(&workspace::text(MAP)?)?;
    let mut checked = 0;
    // the Markdown in `src` is left out, because rustdoc checks it
    for page in markdown_files("")?.iter().filter(|page| !page.starts_with("src")) {
        checked += check_links(page)?;
    }
    println!("{checked} links lead somewhere");
    pages.iter().try_for_each(|page| readme::check(sh, &page.to_string_lossy()))
}

/// Returns the Markdown files below a folder, relative to the repository's top folder.
fn markdown_files(folder: &str) -> Result<Vec<PathBuf>> {
    let files = workspace::files(&workspace::root().join(folder))?.into_iter();
    let markdown = files.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    markdown.map(|file| Ok(file.strip_prefix(workspace::root())?.to_path_buf())).collect()
}

/// Checks that `SUMMARY.md` names each page once.
fn check_contents(pages: &[PathBuf]) -> Result<()> {
    let summary = Path::new(PAGES).join("SUMMARY.md");
    let named: Vec<PathBuf> =
        links(&workspace::text(&summary)?).iter().map(|link| Path::new(PAGES).join(link)).collect();
    let unique: BTreeSet<&PathBuf> = named.iter().collect();
    let missing: Vec<_> = pages.iter().filter(|page| **page != summary && !unique.contains(page)).collect();
    if !missing.is_empty() || unique.len() != named.len() {
        bail!("{} must name each page once; not named: {missing:?}", summary.display());
    }
    Ok(())
}

/// Checks the map in ARCHITECTURE.md. For every file in `src` and `tests`, a row must name the file or a folder that
/// contains it. Every path in the rows must exist.
fn check_map(architecture: &str) -> Result<()> {
    let named = paths_in_map(architecture);
    let gone = named.iter().filter(|path| !workspace::root().join(path).exists());
    let mut wrong: Vec<String> = gone.map(|path| format!("`{path}` does not exist")).collect();
    for folder in ["src", "tests"] {
        for file in workspace::files(&workspace::root().join(folder))? {
            let file = file.strip_prefix(workspace::root())?;
            if !named.iter().any(|path| file.starts_with(path)) {
                wrong.push(format!("no row names `{}`", file.display()));
            }
        }
    }
    if !wrong.is_empty() {
        bail!("the map in {MAP} is wrong:\n{}", wrong.join("\n"));
    }
    Ok(())
}

/// Returns the paths in backticks in the first column of the map in ARCHITECTURE.md. `{a,b}.rs` stands for two paths.
fn paths_in_map(architecture: &str) -> Vec<String> {
    let rows = architecture.lines().filter(|line| line.starts_with("| `"));
    let columns = rows.filter_map(|row| row.split(" | ").next());
    columns.flat_map(|column| column.split('`').skip(1).step_by(2)).flat_map(alternatives).collect()
}

fn alternatives(path: &str) -> Vec<String> {
    match path.split_once('{').and_then(|(start, rest)| Some((start, rest.split_once('}')?))) {
        Some((start, (names, end))) => names.split(',').map(|name| format!("{start}{name}{end}")).collect(),
        None => vec![path.to_owned()],
    }
}

/// Checks the links of a Markdown file, and returns the number of links.
fn check_links(page: &Path) -> Result<usize> {
    let text = workspace::text(page)?;
    let links = links(&text);
    for link in &links {
        check_link(page, &text, link).with_context(|| format!("{}: the link `{link}`", page.display()))?;
    }
    Ok(links.len())
}

fn check_link(page: &Path, text: &str, link: &str) -> Result<()> {
    if ["https://", "http://", "mailto:"].iter().any(|scheme| link.starts_with(scheme)) {
        return Ok(());
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.to_path_buf() } else { normalized(&page.with_file_name("").join(path)) };
    if !workspace::root().join(&target).exists() {
        bail!("`{}` does not exist", target.display());
    }
    if page.starts_with(PAGES) && !target.starts_with(PAGES) {
        bail!("it leads out of the book, which is also read elsewhere: use a URL, or name the file without a link");
    }
    if !path.is_empty() && FRONT_PAGES.iter().any(|front| page == Path::new(front)) {
        bail!("registries that show this page do not have the file: use a URL, or name the file without a link");
    }
    if anchor.is_empty() {
        return Ok(());
    }
    let headings = if path.is_empty() { anchors(text) } else { anchors(&workspace::text(&target)?) };
    if !headings.contains(anchor) {
        bail!("`{}` has no heading `{anchor}`; it has {headings:?}", target.display());
    }
    Ok(())
}

/// Resolves `.` and `..` in a path.
fn normalized(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(normalized.pop()),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => normalized.push(component),
        }
    }
    normalized
}

/// Returns the destinations of links and images.
fn links(markdown: &str) -> Vec<String> {
    let destination = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.into_string()),
        _ => None,
    };
    Parser::new(markdown).filter_map(destination).collect()
}

/// Returns the anchors of the headings: lower-case letters and digits, with hyphens for spaces.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut heading: Option<String> = None;
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => heading.iter_mut().for_each(|heading| *heading += &text),
            Event::End(TagEnd::Heading(_)) => found.extend(heading.take().map(|heading| anchor(&heading))),
            _ => {}
        }
    }
    found
}

fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-").chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_headings_are_found() {
        let markdown = "# C, C++ and `more`\n\n[one](a.md#b) ![two](c.svg) [three][x]\n\n[x]: https://polar.sh\n";
        assert_eq!(links(markdown), ["a.md#b", "c.svg", "https://polar.sh"]);
        assert_eq!(anchors(markdown), BTreeSet::from(["c-c-and-more".to_owned()]));
    }

    #[test]
    fn a_file_missing_from_the_map_and_a_row_without_a_file_are_errors() {
        let map = workspace::text(MAP).unwrap();
        check_map(&map).unwrap();
        let wrong = |map: &str| check_map(map).unwrap_err().to_string();
        assert!(wrong(&map.replace("`src/device.rs`", "")).contains("no row names `src/device.rs`"));
        assert!(wrong(&map.replace("`tests/js/benchmark/`", "")).contains("no row names `tests/js/benchmark/"));
        assert!(wrong(&format!("{map}\n| `src/gone/{{a,b}}.rs` | x |")).contains("`src/gone/b.rs` does not exist"));
    }

    #[test]
    fn a_dead_link_is_an_error() {
        let broken =
            |link: &str| format!("{:#}", check_link(Path::new("docs/src/faq.md"), "# Questions\n", link).unwrap_err());
        assert!(broken("nowhere.md").contains("docs/src/nowhere.md"));
        assert!(broken("states.md#nowhere").contains("no heading `nowhere`"));
        assert!(broken("#answers").contains("questions"));
        check_link(Path::new("docs/src/faq.md"), "# Questions\n", "#questions").unwrap();
        check_link(Path::new("RELEASING.md"), "", "README.md#quick-start").unwrap();
    }

    #[test]
    fn a_link_to_a_file_that_readers_elsewhere_do_not_have_is_an_error() {
        let broken = |page: &str, link: &str| check_link(Path::new(page), "", link).unwrap_err().to_string();
        assert!(broken("docs/src/guides/web.md", "../../../examples/react/README.md").contains("out of the book"));
        check_link(Path::new("docs/src/guides/web.md"), "", "../testing.md").unwrap();
        assert!(broken("tools/cli/README.md", "../../SECURITY.md").contains("without a link"));
        check_link(Path::new("tools/cli/README.md"), "# Here\n", "#here").unwrap();
        assert!(FRONT_PAGES.iter().all(|page| workspace::root().join(page).exists()));
    }
}
