//! Formats paths for output that may be shown to strangers: the name of the user is left out.

use std::env;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// Returns the path with the home directory replaced by `~`, and the user's name replaced by `USER` everywhere else.
pub fn shown_path(path: &Path) -> String {
    let users = ["USER", "LOGNAME", "USERNAME"].into_iter().filter_map(env::var_os);
    shown(path, env::home_dir().as_deref(), &users.collect::<Vec<_>>())
}

/// Returns the [`shown_path`] as one word of a shell command, in quotes if the shell needs them.
pub(super) fn shell_path(path: &Path) -> String {
    shell_word(&shown_path(path))
}

/// Puts a path in quotes if it has a character that may mean something to the shell. A `~/` at the start stays outside
/// the quotes, so that the shell expands it.
fn shell_word(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    let (home, rest) = path.strip_prefix("~/").map_or(("", path), |rest| ("~/", rest));
    match rest.chars().all(is_plain) {
        true => format!("{home}{rest}"),
        false => format!("{home}'{}'", rest.replace('\'', r"'\''")),
    }
}

fn shown<S: AsRef<OsStr>>(path: &Path, home: Option<&Path>, users: &[S]) -> String {
    let home = home.filter(|home| home.components().count() > 1);
    let below_home = home.and_then(|home| path.strip_prefix(home).ok());
    // a home directory is usually named after its user
    let is_user = |part: &OsStr| {
        let named = home.and_then(Path::file_name).is_some_and(|name| part.eq_ignore_ascii_case(name));
        named || users.iter().any(|user| part.eq_ignore_ascii_case(user))
    };
    let mut safe: PathBuf = below_home.is_some().then_some("~").into_iter().collect();
    for component in below_home.unwrap_or(path).components() {
        match component {
            Component::Normal(part) if is_user(part) => safe.push("USER"),
            Component::Normal(part) => safe.push(part),
            other @ (Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir) => {
                safe.push(other);
            }
        }
    }
    crate::text::printable(&safe.to_string_lossy())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_to_a_shell() {
        for (path, word) in [
            ("~/.local/share/a-b_1.license", "~/.local/share/a-b_1.license"),
            ("~/Library/Application Support/a", "~/'Library/Application Support/a'"),
            ("/data/$(reboot)/it's", r"'/data/$(reboot)/it'\''s'"),
        ] {
            assert_eq!(shell_word(path), word);
        }
    }

    #[test]
    fn neither_home_nor_user_is_in_a_shown_path() {
        let shown = |path: &str| shown(Path::new(path), Some(Path::new("/home/ada")), &["ada", "ADA.Lovelace"]);
        for (path, expected) in [
            ("/home/ada/.local/share/polar-license", "~/.local/share/polar-license"),
            ("/home/ada", "~"),
            ("/home/adalbert/x", "/home/adalbert/x"),
            ("/data/Ada/x", "/data/USER/x"),
            ("/data/ada.lovelace/ada", "/data/USER/USER"),
            ("relative/x", "relative/x"),
            ("/", "/"),
            ("/tmp/\u{1b}[2J", "/tmp/\u{fffd}[2J"),
        ] {
            assert_eq!(shown(path), expected);
        }
        let rootless = super::shown(Path::new("/tmp/x"), Some(Path::new("/")), &[""]);
        assert_eq!(rootless, "/tmp/x", "a home that is everything");
    }
}
