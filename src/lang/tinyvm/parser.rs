//! Parses text to numbered lines.
//!
//! Each line is independent, so an error drops only that line: it becomes [`Instruction::Nothing`] and
//! keeps its number. Checks that need the whole file (line numbers of `thread`, function names, table
//! sizes) are left to `check`.

use super::super::errors::Errors;
use super::program::{Instruction, Line, Number, Program, Section, Word};
use crate::il::{Diagnostic, Loc, Span, beginning};

/// The longest name that fits the original's 32-byte buffers.
const NAME_BYTES_MAX: usize = 31;

/// The form of each instruction; its first word is its name.
const FORMS: &[&str] = &[
    "set NAME INTEGER",
    "add NAME NAME NAME",
    "print NAME",
    "sleep MILLISECONDS",
    "thread LINE",
    "exit",
    "setshared NAME INTEGER",
    "lock NAME",
    "unlock NAME",
    "function NAME",
    "sync FUNCTION",
    "async FUNCTION",
];

/// Reads a file; the program is complete only if no errors were added.
pub(super) fn parse<'t>(text: &'t str, errors: &mut Errors) -> Program<'t> {
    let mut parser = Parser { errors, sections: vec![Section::default()] };
    let mut start = beginning(text);
    for (index, line) in text[start..].split('\n').enumerate() {
        parser.line(line, start, index + 1);
        start += line.len() + 1;
    }
    parser.finish(Span::new(start - 1, start - 1))
}

struct Parser<'t, 'e> {
    errors: &'e mut Errors,
    /// The sections; the first is nameless: the lines before any `function`.
    sections: Vec<Section<'t>>,
}

impl<'t> Parser<'t, '_> {
    /// Reads one line of the text, which begins at this byte and has this number counted from 1.
    fn line(&mut self, line: &'t str, start: usize, number: usize) {
        let words = words(line, start);
        let Some((&keyword, operands)) = words.split_first() else { return };
        let before = &line[..keyword.span.range().start - start];
        let loc = Loc {
            file: super::SOURCE_FILE,
            line: u32::try_from(number).unwrap_or(u32::MAX),
            column: u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX),
        };
        let instruction = if keyword.text == "function" {
            let name = self.one_name(keyword, operands);
            self.sections.push(Section { name, lines: vec![] });
            Instruction::Nothing
        } else {
            self.instruction(keyword, operands).unwrap_or(Instruction::Nothing)
        };
        let last = words.last().unwrap_or(&keyword);
        let line = Line { instruction, span: join(keyword.span, last.span), loc };
        let section = self.sections.last_mut().expect("there is always the nameless section");
        section.lines.push(line);
    }

    fn instruction(&mut self, keyword: Word<'t>, operands: &[Word<'t>]) -> Option<Instruction<'t>> {
        Some(match keyword.text {
            "set" => {
                let (target, value) = self.name_and_integer(keyword, operands)?;
                Instruction::Set { target, value }
            }
            "setshared" => {
                let (target, value) = self.name_and_integer(keyword, operands)?;
                Instruction::SetShared { target, value }
            }
            "add" => {
                let names = self.exactly::<3>(keyword, operands)?;
                let [target, left, right] = names.map(|name| self.name(name));
                Instruction::Add { target: target?, left: left?, right: right? }
            }
            "print" => Instruction::Print(self.one_name(keyword, operands)?),
            "lock" => Instruction::Lock(self.one_name(keyword, operands)?),
            "unlock" => Instruction::Unlock(self.one_name(keyword, operands)?),
            "sync" => Instruction::Sync(self.one_name(keyword, operands)?),
            "async" => Instruction::Async(self.one_name(keyword, operands)?),
            "sleep" => Instruction::Sleep { ms: self.milliseconds(keyword, operands)? },
            "thread" => {
                let [line] = self.exactly(keyword, operands)?;
                Instruction::Thread(Number { value: self.integer(line)?, span: line.span })
            }
            "exit" => {
                let [] = self.exactly(keyword, operands)?;
                Instruction::Exit
            }
            _ => return self.unknown(keyword),
        })
    }

    /// The operands, if their number is right.
    fn exactly<const N: usize>(
        &mut self,
        keyword: Word<'t>,
        operands: &[Word<'t>],
    ) -> Option<[Word<'t>; N]> {
        if let Ok(operands) = operands.try_into() {
            return Some(operands);
        }
        let takes = match N {
            0 => "no operands".to_owned(),
            1 => "1 operand".to_owned(),
            _ => format!("{N} operands"),
        };
        let message = format!("'{}' takes {takes}, found {}", keyword.text, operands.len());
        // If there are too many, the carets mark the extra ones; if too few, the whole line.
        let first = operands.get(N).unwrap_or(&keyword);
        let last = operands.last().unwrap_or(&keyword);
        let span = join(first.span, last.span);
        let form = FORMS.iter().find(|form| name_of(form) == keyword.text);
        let help = form.map(|form| format!("write `{form}`"));
        self.errors.add(Diagnostic { help, ..Diagnostic::new(span, message) });
        None
    }

    fn one_name(&mut self, keyword: Word<'t>, operands: &[Word<'t>]) -> Option<Word<'t>> {
        let [name] = self.exactly(keyword, operands)?;
        self.name(name)
    }

    fn name_and_integer(
        &mut self,
        keyword: Word<'t>,
        operands: &[Word<'t>],
    ) -> Option<(Word<'t>, i32)> {
        let [name, value] = self.exactly(keyword, operands)?;
        let (name, value) = (self.name(name), self.integer(value));
        Some((name?, value?))
    }

    fn milliseconds(&mut self, keyword: Word<'t>, operands: &[Word<'t>]) -> Option<i32> {
        let [word] = self.exactly(keyword, operands)?;
        let ms = self.integer(word)?;
        if ms < 0 {
            self.errors.add(Diagnostic::new(word.span, format!("sleep time {ms} is negative")));
            return None;
        }
        Some(ms)
    }

    fn name(&mut self, word: Word<'t>) -> Option<Word<'t>> {
        let bytes = word.text.len();
        if bytes > NAME_BYTES_MAX {
            let message = format!("name of {bytes} bytes is too long (at most {NAME_BYTES_MAX})");
            self.errors.add(Diagnostic::new(word.span, message));
            return None;
        }
        Some(word)
    }

    /// A decimal integer with an optional sign. C's `atoi` accepts everything else too; here that is an
    /// error.
    fn integer(&mut self, word: Word<'t>) -> Option<i32> {
        let digits = word.text.strip_prefix(['+', '-']).unwrap_or(word.text);
        let message = if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("{} is not an integer", quoted(word.text))
        } else if let Ok(value) = word.text.parse() {
            return Some(value);
        } else {
            let (low, high) = (i32::MIN, i32::MAX);
            format!("{} is out of range ({low} to {high})", quoted(word.text))
        };
        self.errors.add(Diagnostic::new(word.span, message));
        None
    }

    fn unknown(&mut self, keyword: Word<'t>) -> Option<Instruction<'t>> {
        let message = format!("unknown instruction {}", quoted(keyword.text));
        let mut diagnostic = Diagnostic::new(keyword.span, message);
        let lower = keyword.text.to_ascii_lowercase();
        let near = |form: &&&str| is_near(&lower, name_of(form));
        if let Some(form) = FORMS.iter().find(near) {
            diagnostic = diagnostic.help(format!("did you mean `{form}`?"));
        }
        self.errors.add(diagnostic);
        None
    }

    /// A file has either functions, or one nameless section. `end` is the end of the text.
    fn finish(mut self, end: Span) -> Program<'t> {
        if self.sections.iter().all(|section| section.lines.is_empty()) {
            let finding = Diagnostic::new(end, "the program has no line with an instruction");
            self.errors.add(finding.help("begin with `print x`, or with `function main`"));
        }
        if let [before, first, ..] = self.sections.as_slice() {
            if let (Some(line), Some(function)) = (before.lines.first(), first.lines.first()) {
                self.errors.add(
                    Diagnostic::new(line.span, "code outside of a function")
                        .related(function.span, "the first function begins here")
                        .help("put a `function` line before it"),
                );
            }
            self.sections.remove(0);
        }
        Program { sections: self.sections }
    }
}

/// The words of a line up to a word that begins with `#`. The line begins at this byte.
fn words(line: &str, start: usize) -> Vec<Word<'_>> {
    // Each word is a subslice of the line, so its address gives its position.
    let at = |word: &str| start + (word.as_ptr() as usize - line.as_ptr() as usize);
    line.split_ascii_whitespace()
        .take_while(|word| !word.starts_with('#'))
        .map(|word| Word { text: word, span: Span::new(at(word), at(word) + word.len()) })
        .collect()
}

fn join(first: Span, last: Span) -> Span {
    Span { start: first.start, end: last.end }
}

fn name_of(form: &str) -> &str {
    form.split(' ').next().unwrap_or(form)
}

/// A word in quotes, cut to a readable length.
fn quoted(word: &str) -> String {
    const CHARS_SHOWN: usize = 40;
    let shown: String = word.chars().take(CHARS_SHOWN).flat_map(char::escape_debug).collect();
    let rest = if word.chars().nth(CHARS_SHOWN).is_some() { "..." } else { "" };
    format!("'{shown}{rest}'")
}

/// Whether adding, removing or changing one byte makes the words equal.
fn is_near(word: &str, other: &str) -> bool {
    let (word, other) = (word.as_bytes(), other.as_bytes());
    let prefix = word.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (rest, other_rest) = (&word[prefix..], &other[prefix..]);
    rest == other_rest
        || after_first(rest) == other_rest
        || rest == after_first(other_rest)
        || after_first(rest) == after_first(other_rest)
}

fn after_first(bytes: &[u8]) -> &[u8] {
    bytes.get(1..).unwrap_or_default()
}
