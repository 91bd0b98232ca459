//! Finds dead links in built web pages. Checks the pages of the book, and also the pages that rustdoc builds, because
//! rustdoc itself does not check links to files. Links to other sites are not checked.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

/// Checks each link of the page, and returns the number of links.
pub(crate) fn check(page: &Path) -> Result<usize> {
    let text = read(page)?;
    let links = attributes(&text, Some("a"), "href");
    let dead: Vec<String> = links.iter().filter_map(|link| Some(format!("`{link}` {}", fault(page, link)?))).collect();
    if !dead.is_empty() {
        bail!("{} has links that lead nowhere:\n{}", page.display(), dead.join("\n"));
    }
    Ok(links.len())
}

fn fault(page: &Path, link: &str) -> Option<&'static str> {
    if ["https://", "http://", "mailto:"].iter().any(|scheme| link.starts_with(scheme)) {
        return None;
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.to_path_buf() } else { page.with_file_name("").join(path) };
    if !target.is_file() {
        return Some("is not a page");
    }
    // skips links to lines of a source file, because a script on the page makes them work, and the lines have no `id`
    if fragment.is_empty() || path.starts_with("../src/") {
        return None;
    }
    let has_fragment = read(&target).is_ok_and(|text| attributes(&text, None, "id").contains(fragment));
    (!has_fragment).then_some("names an anchor that the page does not have")
}

fn read(page: &Path) -> Result<String> {
    fs::read_to_string(page).with_context(|| format!("cannot read `{}`", page.display()))
}

/// Returns the values of an attribute. Searches the tags named `tag`, or all tags if `tag` is `None`.
fn attributes(html: &str, tag: Option<&str>, attribute: &str) -> BTreeSet<String> {
    let mut emitter = DefaultEmitter::default();
    // with this setting the tokenizer does not search for tags in the text of a script
    emitter.naively_switch_states(true);
    let tags = Tokenizer::new_with_emitter(html, emitter).filter_map(|token| match token {
        Ok(Token::StartTag(found)) => Some(found),
        _ => None,
    });
    let wanted = |found: &StartTag<()>| tag.is_none_or(|tag| *found.name == *tag.as_bytes());
    let value = |found: StartTag<()>| {
        let value = found.attributes.get(attribute.as_bytes())?;
        Some(String::from_utf8_lossy(value).into_owned())
    };
    tags.filter(wanted).filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_a_missing_page_or_anchor_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("index.html");
        fs::write(folder.path().join("other.html"), "<h2 id=there>There</h2>").unwrap();
        let check_with = |link: &str| {
            let script = "<script>write('<a href=\"gone.html\">')</script>";
            fs::write(&page, format!("{script}<h1 id=\"here\">Here</h1><a href=\"{link}\">x</a>")).unwrap();
            check(&page).map_err(|error| error.to_string())
        };
        for good in ["#here", "other.html", "other.html#there", "https://polar.sh/#anything"] {
            assert_eq!(check_with(good), Ok(1), "{good}");
        }
        for dead in ["gone.html", "docs/README.md", "#there", "other.html#here", "."] {
            assert!(check_with(dead).unwrap_err().contains(&format!("`{dead}` ")), "{dead}");
        }
    }
}
