//! The words of a Rust source: what a compiler reads first, as far as names need it.

/// Whether a word can be a part of a path.
pub(crate) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_') || word == "$crate"
}

/// The words and signs of a text, each with its line from 1, without comments.
pub(crate) fn words(text: &str) -> Vec<(String, usize)> {
    let chars: Vec<char> = text.chars().collect();
    let is_word = |at: usize| chars.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let is_at =
        |at: usize, it: &str| it.chars().enumerate().all(|(n, c)| chars.get(at + n) == Some(&c));
    let (mut words, mut at, mut line) = (vec![], 0, 1);
    while at < chars.len() {
        let start = at;
        if is_at(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
            continue;
        } else if is_at(at, "/*") {
            at = end_of_comment(&chars, at);
        } else if let Some(end) = end_of_raw_text(&chars, at) {
            at = end;
        } else if chars[at] == '"' {
            at = end_of_quoted(&chars, at);
            words.push((chars[start..at].iter().collect(), line));
        } else if chars[at] == '\'' {
            // A character ends with another quote, a lifetime does not.
            let is_char = is_at(at + 1, "\\") || chars.get(at + 2) == Some(&'\'');
            at = if is_char { end_of_quoted(&chars, at) } else { at + 1 };
        } else if is_word(at) || chars[at] == '$' && is_word(at + 1) {
            at += 1;
            while is_word(at) {
                at += 1;
            }
            words.push((chars[start..at].iter().collect(), line));
        } else {
            at += if is_at(at, "::") { 2 } else { 1 };
            if !chars[start].is_whitespace() {
                words.push((chars[start..at].iter().collect(), line));
            }
        }
        line += chars[start..at.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    words
}

fn end_of_comment(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < chars.len() {
        match chars[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The end of a text or character in quotes of its own kind.
fn end_of_quoted(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != chars[start] {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The end of `r"..."`, `r#"..."#` and the like, if one begins here.
fn end_of_raw_text(chars: &[char], start: usize) -> Option<usize> {
    let mut at = start + chars[start..].iter().take(1).filter(|c| **c == 'b').count();
    let is_inside_word =
        start > 0 && (chars[start - 1].is_alphanumeric() || chars[start - 1] == '_');
    if is_inside_word || chars.get(at) != Some(&'r') {
        return None;
    }
    at += 1;
    let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
    at += hashes;
    if chars.get(at) != Some(&'"') {
        return None;
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let rest = &chars[at + 1..];
    let length = rest.windows(end.len()).position(|it| it == end)?;
    Some(at + 1 + length + end.len())
}
