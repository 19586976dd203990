//! What the script of a page must know: each step, and what it changes.

use serde::Serialize;

use super::story::{Lane, Lock, Moment, Spot, Step, Story, ThreadNow};

/// The JSON of a page, for an element `script`: it does not contain `<`.
pub(super) fn data_of(story: &Story) -> String {
    let mut before = &story.before;
    let mut steps = Vec::with_capacity(story.steps.len());
    for step in &story.steps {
        steps.push(StepData::of(step, before));
        before = &step.after;
    }
    let empty = Moment::default();
    let data = Data { lanes: &story.lanes, before: Change::between(&empty, &story.before), steps };
    let text = serde_json::to_string(&data).expect("texts and numbers can be written");
    text.replace('<', "\\u003c")
}

#[derive(Serialize)]
struct Data<'s> {
    lanes: &'s [Lane],
    before: Change<'s>,
    steps: Vec<StepData<'s>>,
}

#[derive(Serialize)]
struct StepData<'s> {
    number: usize,
    lane: usize,
    words: &'s str,
    spot: Option<Spot>,
    is_pending: bool,
    preempts: Option<&'s str>,
    why: Option<&'s str>,
    change: Change<'s>,
}

/// What differs between two moments; `null` where nothing does.
#[derive(Serialize)]
struct Change<'s> {
    /// With their numbers.
    threads: Vec<(usize, &'s ThreadNow)>,
    memory: Option<Rows<'s>>,
    locks: Option<&'s [Lock]>,
    output: Option<Text<'s>>,
}

/// What differs between two tables, of which the later one has so many rows.
#[derive(Serialize)]
struct Rows<'s> {
    count: usize,
    /// Positions, names and values.
    new: Vec<(usize, &'s str, &'s str)>,
}

/// What differs between two texts: so much of the earlier one stays, and this comes after it.
#[derive(Serialize)]
struct Text<'s> {
    /// In the units of JavaScript's strings.
    kept: usize,
    more: &'s str,
}

impl<'s> StepData<'s> {
    fn of(step: &'s Step, before: &Moment) -> Self {
        StepData {
            number: step.number,
            lane: step.lane,
            words: &step.words,
            spot: step.spot,
            is_pending: step.is_pending,
            preempts: step.preempts.as_deref(),
            why: step.why.as_deref(),
            change: Change::between(before, &step.after),
        }
    }
}

impl<'s> Change<'s> {
    fn between(before: &Moment, after: &'s Moment) -> Self {
        let threads = after.threads.iter().enumerate();
        let is_new =
            |(number, now): &(usize, &ThreadNow)| before.threads.get(*number) != Some(*now);
        Change {
            threads: threads.filter(is_new).collect(),
            memory: (before.memory != after.memory)
                .then(|| Rows::between(&before.memory, &after.memory)),
            locks: (before.locks != after.locks).then_some(&after.locks),
            output: (before.output != after.output)
                .then(|| Text::between(&before.output, &after.output)),
        }
    }
}

impl<'s> Rows<'s> {
    fn between(before: &[(String, String)], after: &'s [(String, String)]) -> Self {
        let rows = after.iter().enumerate();
        let new = rows.filter(|&(at, row)| before.get(at) != Some(row));
        let new = new.map(|(at, (name, value))| (at, name.as_str(), value.as_str()));
        Rows { count: after.len(), new: new.collect() }
    }
}

impl<'s> Text<'s> {
    /// What was printed stays.
    fn between(before: &str, after: &'s str) -> Self {
        match after.strip_prefix(before) {
            Some(more) => Text { kept: before.encode_utf16().count(), more },
            None => Text { kept: 0, more: after },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_only_what_it_changes_and_no_text_ends_the_script() {
        let word = |value: &str| vec![("x".to_owned(), value.to_owned())];
        let before = Moment { memory: word("0"), ..Moment::default() };
        let same = Step { after: before.clone(), words: "</script>".into(), ..Step::default() };
        let other = Step { after: Moment { memory: word("1"), ..before.clone() }, ..same.clone() };
        let story = Story { before, steps: vec![same, other], ..Story::default() };
        let text = data_of(&story);
        assert!(!text.contains('<'), "{text}");
        let data: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(data["steps"][0]["words"], "</script>");
        assert!(data["steps"][0]["change"]["memory"].is_null());
        let memory = serde_json::json!({ "count": 1, "new": [[0, "x", "1"]] });
        assert_eq!(data["steps"][1]["change"]["memory"], memory);
    }

    #[test]
    fn of_a_table_only_the_rows_that_differ_are_there() {
        let rows = |texts: &[&str]| -> Vec<(String, String)> {
            texts.iter().map(|it| ((*it).to_owned(), "1".to_owned())).collect()
        };
        let (before, after) = (rows(&["a", "b", "c"]), rows(&["a", "d"]));
        let fewer = Rows::between(&before, &after);
        assert_eq!((fewer.count, &fewer.new[..]), (2, &[(1, "d", "1")][..]));
        let more = Rows::between(&after, &before);
        assert_eq!((more.count, &more.new[..]), (3, &[(1, "b", "1"), (2, "c", "1")][..]));
    }

    #[test]
    fn of_an_output_only_what_is_new_is_there() {
        let between = |before, after| {
            let Text { kept, more } = Text::between(before, after);
            (kept, more)
        };
        assert_eq!(between("", "one\n"), (0, "one\n"));
        // Two units of UTF-16, four bytes.
        assert_eq!(between("\u{1d11e}", "\u{1d11e}!"), (2, "!"));
        assert_eq!(between("one", "two"), (0, "two"));
    }
}
