//! Finding the fenced code blocks in Markdown. Knows nothing about what is in them.

/// One fenced code block.
#[derive(Debug, PartialEq)]
pub(super) struct Block {
    /// The line of the opening fence, from 1.
    pub(super) line: usize,
    /// What follows the opening fence: the language and its attributes.
    info: String,
    /// The lines between the fences, without the fence's own indentation.
    pub(super) text: String,
}

impl Block {
    /// `rust` of `rust,no_run`; empty where the fence names none.
    pub(super) fn language(&self) -> &str {
        self.words().next().unwrap_or_default()
    }

    /// `no_run` of `rust,no_run`.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.words().skip(1)
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.info.split([',', ' ']).map(str::trim)
    }
}

/// The code blocks of a Markdown text, in their order. An unclosed one reaches to the end, as CommonMark has it.
pub(super) fn blocks(markdown: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = markdown.lines().enumerate();
    while let Some((index, opening)) = lines.next() {
        let Some((fence, info)) = opening_fence(opening) else { continue };
        let indent = opening.len() - opening.trim_start().len();
        let mut text = String::new();
        for (_, line) in lines.by_ref() {
            let closes =
                line.trim_start().starts_with(fence) && line.trim().chars().all(|letter| fence.contains(letter));
            if closes {
                break;
            }
            text.extend([strip_spaces(line, indent), "\n"]);
        }
        found.push(Block { line: index + 1, info: info.into(), text });
    }
    found
}

/// The fence that opens a block and what follows it, if the line is one.
fn opening_fence(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let mark = line.chars().next().filter(|mark| ['`', '~'].contains(mark))?;
    let info = line.trim_start_matches(mark);
    let fence = line.strip_suffix(info)?;
    (fence.len() >= 3 && !info.contains('`')).then_some((fence, info.trim()))
}

/// The line without up to `count` leading spaces.
fn strip_spaces(line: &str, count: usize) -> &str {
    let spaces = line.chars().take(count).take_while(|letter| *letter == ' ').count();
    line.get(spaces..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(markdown: &str) -> Vec<(usize, String, String)> {
        blocks(markdown).into_iter().map(|block| (block.line, block.info, block.text)).collect()
    }

    #[test]
    fn blocks_are_found_with_their_lines_and_languages() {
        let markdown = "# Title\n\n```sh\ncargo build\n```\ntext with `code`\n~~~ rust,no_run\nf();\n\ng();\n~~~\n";
        let expected = [(3, "sh", "cargo build\n"), (7, "rust,no_run", "f();\n\ng();\n")];
        assert_eq!(seen(markdown), expected.map(|(line, info, text)| (line, info.into(), text.into())));
        let found = blocks(markdown);
        assert_eq!(found[1].language(), "rust");
        assert_eq!(found[1].attributes().collect::<Vec<_>>(), ["no_run"]);
    }

    #[test]
    fn a_longer_fence_holds_a_shorter_one_and_lists_indent() {
        let markdown = "1. do\n   ````md\n   ```\n     inner\n   ```\n   ````\n";
        assert_eq!(seen(markdown), [(2, "md".into(), "```\n  inner\n```\n".into())]);
    }

    #[test]
    fn inline_code_of_three_backticks_opens_nothing_and_an_unclosed_block_ends_with_the_text() {
        assert_eq!(seen("```inline``` code\n"), []);
        assert_eq!(seen("```\nls"), [(1, String::new(), "ls\n".into())]);
    }
}
