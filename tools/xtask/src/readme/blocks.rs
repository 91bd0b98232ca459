//! Finds the code blocks of a Markdown text, and knows nothing about their contents.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// One code block.
#[derive(Debug, PartialEq)]
pub(super) struct Block {
    /// The number of the line where the block begins. The first line of the text is 1.
    pub(super) line: usize,
    /// The text after the opening fence, that is, the language and its attributes. Empty for an indented block.
    info: String,
    /// The code, without the block's own indentation.
    pub(super) text: String,
}

impl Block {
    /// Returns the language, such as `rust` for `rust,no_run`, or an empty string if the block names none.
    pub(super) fn language(&self) -> &str {
        self.words().next().unwrap_or_default()
    }

    /// Returns the attributes after the language, such as `no_run` for `rust,no_run`.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.words().skip(1)
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.info.split([',', ' ']).map(str::trim)
    }
}

/// Returns the code blocks of a Markdown text, in order.
pub(super) fn blocks(markdown: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (event, place) in Parser::new(markdown).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let line = markdown.bytes().take(place.start).filter(|byte| *byte == b'\n').count() + 1;
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                open = Some(Block { line, info, text: String::new() });
            }
            Event::Text(text) => open.iter_mut().for_each(|block| block.text += &text),
            Event::End(TagEnd::CodeBlock) => found.extend(open.take()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_with_their_lines_and_languages() {
        let markdown = "# Title\n\n```sh\ncargo build\n```\ntext with `code`\n~~~ rust,no_run\nf();\n\ng();\n~~~\n\
                        1. do\n   ```sh\n   ls\n   ```\n";
        let found = blocks(markdown);
        let texts: Vec<_> = found.iter().map(|block| (block.line, block.language(), block.text.as_str())).collect();
        assert_eq!(texts, [(3, "sh", "cargo build\n"), (7, "rust", "f();\n\ng();\n"), (13, "sh", "ls\n")]);
        assert_eq!(found[1].attributes().collect::<Vec<_>>(), ["no_run"]);
    }
}
