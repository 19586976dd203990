//! Tokens of the textual IL.
//!
//! The lexer produces one token at a time and keeps none, so a line may be as long as the text. It never
//! fails: text that is not a token becomes [`Token::Bad`], and the parser decides whether to report it.
//! Numbers, mnemonics, keywords and labels are all [`Token::Word`]s here; only their position
//! distinguishes them.

use super::{Span, beginning};

/// A token without its place. Names have no sigil; strings have no quotes, but still have their escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// `%name`
    Temp(&'t str),
    /// `@name`
    Symbol(&'t str),
    /// `^name`
    Caret(&'t str),
    /// A run of name characters: a mnemonic, keyword, label, number, or `...`.
    Word(&'t str),
    /// The text between two quotes on one line.
    Str(&'t str),
    /// One of `( ) [ ] { } , : =`.
    Punct(char),
    /// `->`
    Arrow,
    /// The line's end; a comment counts as part of it.
    EndOfLine,
    /// The text's end; returned again and again.
    EndOfText,
    /// Not a token.
    Bad(Fault),
}

/// Why a piece of text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A character that no token contains.
    Character(char),
    /// `%`, `@` or `^` without a name.
    NamelessSigil(char),
    /// A quote without its partner on the same line.
    OpenString,
}

/// A token and its place. The place of the end of a line, or of the text, is the empty span after the
/// last token before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexeme<'t> {
    pub(super) token: Token<'t>,
    pub(super) span: Span,
}

/// Whether a name may contain this byte. All of them are ASCII, so names end on character
/// boundaries.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'-')
}

/// Whether a name can be written in the text form.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_name_byte)
}

/// A position in a text. A copy is a free look-ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// One past the last token that was not a line's end.
    token_end: usize,
}

impl<'t> Lexer<'t> {
    /// Starts at the beginning of the text, after a byte order mark if there is one.
    pub(super) fn new(text: &'t str) -> Self {
        let at = beginning(text);
        Lexer { text, at, token_end: at }
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Lexeme<'t> {
        self.skip_blanks();
        let start = self.at;
        let Some(first) = self.byte(start) else {
            return self.end(Token::EndOfText);
        };
        let token = match first {
            b'\n' => {
                self.at += 1;
                return self.end(Token::EndOfLine);
            }
            b'%' | b'@' | b'^' => self.sigil(first),
            b'"' => self.string(),
            b'-' if self.byte(start + 1) == Some(b'>') => {
                self.at += 2;
                Token::Arrow
            }
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b':' | b'=' => {
                self.at += 1;
                Token::Punct(char::from(first))
            }
            _ if is_name_byte(first) || first == b'+' => Token::Word(self.word()),
            _ => self.stray(),
        };
        self.token_end = self.at;
        Lexeme { token, span: Span::new(start, self.at) }
    }

    /// Goes to the end of the current line, whatever is there.
    pub(super) fn skip_line(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn end(&self, token: Token<'t>) -> Lexeme<'t> {
        Lexeme { token, span: Span::new(self.token_end, self.token_end) }
    }

    /// Skips spaces and a comment, up to the line's end at most.
    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r') = self.byte(self.at) {
            self.at += 1;
        }
        match self.byte(self.at) {
            // Viper's earliest examples use `;`.
            Some(b'#' | b';') => self.skip_line(),
            Some(b'/') if self.byte(self.at + 1) == Some(b'/') => self.skip_line(),
            _ => {}
        }
    }

    fn sigil(&mut self, sigil: u8) -> Token<'t> {
        self.at += 1;
        let name = self.name();
        match sigil {
            _ if name.is_empty() => Token::Bad(Fault::NamelessSigil(char::from(sigil))),
            b'%' => Token::Temp(name),
            b'@' => Token::Symbol(name),
            _ => Token::Caret(name),
        }
    }

    /// A run of name bytes; the `-` of an arrow ends it, so that `1->^one` is three tokens.
    fn name(&mut self) -> &'t str {
        let start = self.at;
        while let Some(byte) = self.byte(self.at) {
            let arrow = byte == b'-' && self.byte(self.at + 1) == Some(b'>');
            if !is_name_byte(byte) || arrow {
                break;
            }
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// A name or a number. Only numbers contain a `+`: in front, or after an exponent's `e`.
    fn word(&mut self) -> &'t str {
        let start = self.at;
        if self.byte(start) == Some(b'+') {
            self.at += 1;
        }
        self.name();
        let run = self.text[start..self.at].trim_start_matches(['+', '-']);
        let is_number = run.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if is_number && run.ends_with(['e', 'E']) && self.byte(self.at) == Some(b'+') {
            self.at += 1;
            self.name();
        }
        &self.text[start..self.at]
    }

    /// A backslash takes the next character with it; the parser decides what the pair means.
    fn string(&mut self) -> Token<'t> {
        let start = self.at + 1;
        self.at = start;
        loop {
            match self.byte(self.at) {
                None | Some(b'\n') => return Token::Bad(Fault::OpenString),
                Some(b'"') => break,
                Some(b'\\') if !matches!(self.byte(self.at + 1), None | Some(b'\n')) => {
                    self.at += 2;
                }
                Some(_) => self.at += 1,
            }
        }
        // Both ends are next to ASCII quotes, and so on character boundaries.
        let inside = &self.text[start..self.at];
        self.at += 1;
        Token::Str(inside)
    }

    fn stray(&mut self) -> Token<'t> {
        let character = self.text[self.at..].chars().next().unwrap_or_default();
        self.at += character.len_utf8().max(1);
        Token::Bad(Fault::Character(character))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut lexer = Lexer::new(text);
        let mut tokens = Vec::new();
        loop {
            let token = lexer.next().token;
            if token == Token::EndOfText {
                return tokens;
            }
            tokens.push(token);
        }
    }

    #[test]
    fn an_arrow_ends_a_name_but_a_hyphen_does_not() {
        use Token::{Arrow, Caret, Temp, Word};
        assert_eq!(
            tokens("1->^a-b %x- -7"),
            [Word("1"), Arrow, Caret("a-b"), Temp("x-"), Word("-7")]
        );
    }

    #[test]
    fn a_plus_belongs_to_numbers_only() {
        use Token::{Bad, Word};
        assert_eq!(tokens("+5 1e+9 -2.5E+3"), [Word("+5"), Word("1e+9"), Word("-2.5E+3")]);
        assert_eq!(tokens("%")[0], Bad(Fault::NamelessSigil('%')));
        assert_eq!(tokens("one+two"), [Word("one"), Word("+two")]);
    }

    #[test]
    fn comments_start_outside_strings_only() {
        assert_eq!(tokens(r##""# no // comment" # yes"##), [Token::Str("# no // comment")]);
        assert_eq!(tokens("ret // \"\n"), [Token::Word("ret"), Token::EndOfLine]);
    }

    #[test]
    fn a_string_that_its_line_does_not_close_is_bad() {
        let open = Token::Bad(Fault::OpenString);
        assert_eq!(tokens("\"ab\\"), [open]);
        assert_eq!(tokens("\"ab\\\n"), [open, Token::EndOfLine]);
    }

    #[test]
    fn the_place_of_a_lines_end_is_after_its_last_token() {
        let mut lexer = Lexer::new("ret   # comment\n");
        lexer.next();
        assert_eq!(lexer.next().span.range(), 3..3);
    }
}
