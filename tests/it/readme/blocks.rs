//! The fenced blocks of a Markdown text.

/// One fenced block.
pub(crate) struct Block {
    /// The comment that stands before it, without its arrows.
    pub(crate) mark: Option<String>,
    /// The word after the fence.
    pub(crate) language: String,
    /// What stands in it, without the indentation of the fence.
    pub(crate) text: String,
}

/// Every fenced block, in order.
pub(crate) fn blocks(text: &str) -> impl Iterator<Item = Block> {
    let mut lines = text.lines();
    let mut before = None;
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            let Some(language) = line.trim_start().strip_prefix("```") else {
                before = mark(line);
                continue;
            };
            let indent = line.len() - line.trim_start().len();
            let inside = lines.by_ref().take_while(|line| line.trim_start() != "```");
            let text = inside.flat_map(|line| [line.get(indent..).unwrap_or(""), "\n"]).collect();
            return Some(Block { mark: before.take(), language: language.to_owned(), text });
        }
    })
}

/// The texts of the blocks that stand after the comment `mark`.
pub(crate) fn marked(text: &str, mark: &str) -> impl Iterator<Item = String> {
    blocks(text).filter(move |block| block.mark.as_deref() == Some(mark)).map(|block| block.text)
}

fn mark(line: &str) -> Option<String> {
    let inside = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
    Some(inside.trim().to_owned())
}
