//! Weakened orderings as a change of the sources.
//!
//! The place of an operation is that of its call, and the ordering is one of the call's own arguments. This finds it by
//! reading the text; it does not parse. An ordering that is not written there, since it comes in a variable or from the
//! caller, is named to be changed by hand.

use std::collections::BTreeMap;
use std::ops::Range;

use drawloom::engine::mutation::{Mutant, OpKind, Operator, Suite};
use similar::TextDiff;

/// A suggested change.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Patch {
    /// A unified diff.
    pub(super) diff: String,
    /// What could not be written as a change of the text.
    pub(super) by_hand: Vec<String>,
}

const ORDERINGS: [&str; 5] = ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"];

/// Methods with an ordering that two operations have.
const SHARED_ORDERING: [&str; 3] = ["fetch_update", "try_update", "update"];

impl Patch {
    /// The change that weakens these.
    pub(super) fn of(weakenings: &[Mutant], suite: &Suite) -> Self {
        let mut patch = Patch::default();
        let mut files: BTreeMap<&str, Vec<(Range<usize>, String)>> = BTreeMap::new();
        for mutant in weakenings {
            let source = suite.source(&mutant.operation);
            match source.and_then(|source| Some((source, edit(&source.text, mutant)?))) {
                Some((source, edit)) => files.entry(&source.file).or_default().push(edit),
                None => patch.by_hand.push(mutant.to_string()),
            }
        }
        for (file, mut edits) in files {
            let Some(source) = suite.sources.iter().find(|source| source.file == file) else {
                continue;
            };
            edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
            let mut text = source.text.clone();
            for (range, word) in edits {
                text.replace_range(range, &word);
            }
            let diff = TextDiff::from_lines(&source.text, &text);
            let (before, after) = (format!("a/{file}"), format!("b/{file}"));
            patch.diff += &diff.unified_diff().header(&before, &after).to_string();
        }
        patch
    }
}

/// Where the ordering is that a mutant weakens, and what is to be written there.
fn edit(text: &str, mutant: &Mutant) -> Option<(Range<usize>, String)> {
    let (from, to, is_failure) = match mutant.operator {
        Operator::Weaken { from, to } => (from, to, false),
        Operator::WeakenFailure { from, to } => (from, to, true),
        _ => return None,
    };
    let operation = &mutant.operation;
    let call = position(text, operation.line, operation.column)?;
    let arguments = arguments(text, call)?;
    if SHARED_ORDERING.iter().any(|name| text[call..arguments.start].contains(name)) {
        return None;
    }
    let orderings = orderings(text, arguments);
    let is_exchange = matches!(operation.op, OpKind::CompareExchange | OpKind::CompareExchangeWeak);
    let found = match (is_exchange, is_failure) {
        (true, false) if orderings.len() == 2 => &orderings[0],
        (true, true) if orderings.len() == 2 => &orderings[1],
        (false, false) if orderings.len() == 1 => &orderings[0],
        _ => return None,
    };
    (text[found.clone()] == format!("{from:?}")).then(|| (found.clone(), format!("{to:?}")))
}

/// The byte at which a line's column is, both counted from 1, the column in characters.
fn position(text: &str, line: u32, column: u32) -> Option<usize> {
    let start: usize =
        text.split_inclusive('\n').take(line.checked_sub(1)? as usize).map(str::len).sum();
    let (at, _) = text.get(start..)?.char_indices().nth(column.checked_sub(1)? as usize)?;
    Some(start + at)
}

/// What is between the parentheses of the call that begins here.
fn arguments(text: &str, call: usize) -> Option<Range<usize>> {
    let open = call + text[call..].find('(')?;
    let mut depth = 0_u32;
    for (at, c) in text[open..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(open + 1..open + at);
        }
    }
    None
}

/// The orderings among the arguments themselves, not inside of them.
fn orderings(text: &str, arguments: Range<usize>) -> Vec<Range<usize>> {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut found, mut depth, mut word) = (Vec::new(), 0_u32, None);
    let end = arguments.end;
    let characters =
        text[arguments.clone()].char_indices().map(|(at, c)| (arguments.start + at, c));
    for (at, c) in characters.chain([(end, ' ')]) {
        if is_of_word(c) {
            word.get_or_insert(at);
            continue;
        }
        if let Some(start) = word.take()
            && depth == 0
            && ORDERINGS.contains(&&text[start..at])
        {
            found.push(start..at);
        }
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawloom::engine::mutation::{Operation, Source};

    const TEXT: &str = "\
fn f(&self) {
    self.a.store(self.b.load(Ordering::Acquire), Ordering::Release);
    self.c
        .compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire);
    self.d.load(order);
    self.e.fetch_update(Release, Acquire, |it| Some(it));
}
";

    fn mutant(line: u32, column: u32, op: OpKind, operator: &str) -> Mutant {
        let operation = Operation { file: "src/a.rs".into(), line, column, op, name: None };
        Mutant { operation, operator: operator.parse().expect("an operator") }
    }

    fn patch(weakenings: &[Mutant]) -> Patch {
        let sources = vec![Source { file: "src/a.rs".into(), text: TEXT.into() }];
        Patch::of(weakenings, &Suite { models: vec![], sources, equivalents: vec![] })
    }

    #[test]
    fn each_ordering_is_changed_where_it_is_written() {
        let patch = patch(&[
            mutant(2, 12, OpKind::Store, "weaken Release to Relaxed"),
            mutant(2, 25, OpKind::Load, "weaken Acquire to Relaxed"),
            mutant(4, 10, OpKind::CompareExchange, "weaken AcqRel to Release"),
            mutant(4, 10, OpKind::CompareExchange, "weaken-failure Acquire to Relaxed"),
        ]);
        assert_eq!(patch.by_hand, [""; 0]);
        let expected = "\
--- a/src/a.rs
+++ b/src/a.rs
@@ -1,7 +1,7 @@
 fn f(&self) {
-    self.a.store(self.b.load(Ordering::Acquire), Ordering::Release);
+    self.a.store(self.b.load(Ordering::Relaxed), Ordering::Relaxed);
     self.c
-        .compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire);
+        .compare_exchange(0, 1, Ordering::Release, Ordering::Relaxed);
     self.d.load(order);
     self.e.fetch_update(Release, Acquire, |it| Some(it));
 }
";
        assert_eq!(patch.diff, expected);
    }

    #[test]
    fn an_ordering_that_is_not_there_or_has_two_uses_is_left_to_the_reader() {
        let patch = patch(&[
            mutant(5, 12, OpKind::Load, "weaken Acquire to Relaxed"),
            mutant(6, 12, OpKind::Load, "weaken Acquire to Relaxed"),
            mutant(2, 12, OpKind::Store, "weaken SeqCst to Release"),
            mutant(99, 1, OpKind::Store, "weaken SeqCst to Release"),
        ]);
        assert_eq!((patch.diff.as_str(), patch.by_hand.len()), ("", 4));
        assert!(patch.by_hand[0].contains("src/a.rs:5:12"), "{patch:?}");
    }
}
