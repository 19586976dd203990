//! Where each part of the lanes is, in pixels. Each step has a row of its own, so that a link which goes along
//! its target's row crosses no words.

use super::story::{Link, Step, Story};

/// The width of a character of the words, rounded up.
const CHARACTER: i32 = 8;
/// The most lines that the words of a step may take.
const LINES_MAX: usize = 3;
/// The fewest characters in a line of words.
const LINE_MIN: usize = 18;
/// The most characters in a line of words for two lanes, for three, and so on; the last is for more.
const LINE_MAX: [usize; 4] = [34, 30, 24, 21];

/// The column of numbers.
pub(super) const NUMBERS: i32 = 40;
/// From a lane's left edge to its line.
const LINE_AT: i32 = 18;
/// From a lane's line to the words of its steps.
pub(super) const WORDS_AT: i32 = 16;
/// The height of the lanes' heads.
pub(super) const HEAD: i32 = 50;
/// The height of a line of words.
pub(super) const LINE: i32 = 15;
/// The height of a line with remarks below the words.
const REMARK: i32 = 14;
/// The room between two rows.
const GAP: i32 = 12;
/// The height of a line between rows.
const RULE: i32 = 24;
/// The radius of a step's circle.
pub(super) const RADIUS: i32 = 5;
/// The height of a line of the legend.
pub(super) const LEGEND: i32 = 22;

/// A row: one step.
pub(super) struct Row {
    /// The upper edge.
    pub(super) top: i32,
    /// The lower edge.
    pub(super) bottom: i32,
    /// The height at which the circle is.
    pub(super) y: i32,
    pub(super) x: i32,
    /// What it does, in lines.
    pub(super) words: Vec<String>,
    /// What is said below that.
    pub(super) remark: String,
}

/// A line across all lanes, with words.
pub(super) struct Rule {
    pub(super) y: i32,
    pub(super) words: &'static str,
}

pub(super) struct Layout {
    pub(super) width: i32,
    /// The height without the legend.
    pub(super) height: i32,
    /// The lanes' left edges; `None` for a thread without a step.
    pub(super) lanes: Vec<Option<i32>>,
    pub(super) rows: Vec<Row>,
    pub(super) rules: Vec<Rule>,
}

impl Layout {
    pub(super) fn of(story: &Story) -> Self {
        let longest = story.steps.iter().map(|step| width(&step.words)).max().unwrap_or(0);
        // Threads without a step have no lane.
        let has_step = |lane: usize| story.steps.iter().any(|step| step.lane == lane);
        let used = (0..story.lanes.len()).filter(|&lane| has_step(lane)).count();
        let line_max = LINE_MAX[used.saturating_sub(2).min(LINE_MAX.len() - 1)];
        let characters = longest.clamp(LINE_MIN, line_max);
        let lane_width = LINE_AT + WORDS_AT + characters as i32 * CHARACTER + 6;
        let mut next = 0..;
        let lanes =
            (0..story.lanes.len()).map(|lane| has_step(lane).then(|| next.next()).flatten());
        let lanes = lanes.map(|column| column.map(|it| NUMBERS + it * lane_width)).collect();
        let mut layout = Layout {
            width: NUMBERS + used as i32 * lane_width,
            height: HEAD,
            lanes,
            rows: Vec::with_capacity(story.steps.len()),
            rules: Vec::new(),
        };
        for (at, step) in story.steps.iter().enumerate() {
            let was_done = at.checked_sub(1).is_none_or(|before| !story.steps[before].is_pending);
            if story.again_from == Some(at) {
                layout.rule("from here again and again");
            } else if step.is_pending && was_done {
                layout.rule("begun, and not done");
            }
            layout.row(step, &remark(story, step), characters);
        }
        layout.height += GAP;
        layout
    }

    fn rule(&mut self, words: &'static str) {
        self.rules.push(Rule { y: self.height + RULE / 2 + 2, words });
        self.height += RULE;
    }

    fn row(&mut self, step: &Step, remark: &str, characters: usize) {
        let words = wrapped(&step.words, characters);
        let remark = shortened(remark, characters * 6 / 5);
        let below = if remark.is_empty() { 0 } else { REMARK };
        let top = self.height;
        self.height += GAP + words.len() as i32 * LINE + below;
        let y = top + GAP / 2 + LINE / 2;
        let x = self.lanes[step.lane].expect("it has a step") + LINE_AT;
        self.rows.push(Row { top, bottom: self.height, y, x, words, remark });
    }

    /// The ways of links, one after the other: down beside the line of the first lane, and along the row of the target
    /// to the circle there; from the right, where the words are, along the upper or lower edge of that row. Links
    /// that leave one lane, or come to one step, are beside each other.
    pub(super) fn ways(&self, links: &[Link]) -> Vec<String> {
        let mut coming = vec![0; self.rows.len()];
        let mut ways = Vec::with_capacity(links.len());
        for (nth, link) in links.iter().enumerate() {
            let (from, to) = (&self.rows[link.from], &self.rows[link.to]);
            let x = from.x + 3 + 3 * (nth as i32 % 3);
            let above = 3 * (coming[link.to] % 3);
            coming[link.to] += 1;
            ways.push(way(x, from, to, above));
        }
        ways
    }
}

fn way(x: i32, from: &Row, to: &Row, above: i32) -> String {
    let down = if to.y > from.y { 1 } else { -1 };
    let y = from.y + down * RADIUS;
    if to.x > from.x {
        let (height, end) = (to.y - above, to.x - RADIUS - 5);
        let (bend, right) = (height - down * 8, x + 8);
        return format!("M{x} {y}V{bend}Q{x} {height} {right} {height}H{end}");
    }
    let edge = if down == 1 { to.top + 1 + above } else { to.bottom - 1 };
    let (bend, left, end) = (edge - down * 4, x - 6, to.x + RADIUS + 4);
    let (near, height) = (to.x + 6, to.y - down * 6);
    format!("M{x} {y}V{bend}Q{x} {edge} {left} {edge}H{}Q{end} {edge} {near} {height}", end + 10)
}

/// What is said of a step below its words.
fn remark(story: &Story, step: &Step) -> String {
    let mut parts = Vec::new();
    if let Some(spot) = step.spot {
        let name = story.sources[spot.source].name.rsplit(['/', '\\']).next().unwrap_or_default();
        let is_one = story.sources.len() == 1;
        parts.push(if is_one {
            format!("line {}", spot.line)
        } else {
            format!("{name}:{}", spot.line)
        });
    }
    parts.extend(step.preempts.as_ref().map(|it| format!("preempts {it}")));
    if step.why.is_some() {
        parts.push("an older value".into());
    }
    parts.join(" · ")
}

/// How wide a text is, in characters; those of other scripts count twice.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// The text in lines that are not wider than this, broken between words where that is possible. What does not fit
/// into the lines is left out.
fn wrapped(text: &str, line_max: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word = word.to_owned();
        loop {
            let line = lines.last_mut().expect("there is one");
            let space = usize::from(!line.is_empty());
            if width(line) + space + width(&word) <= line_max {
                line.push_str(if space == 1 { " " } else { "" });
                line.push_str(&word);
                break;
            }
            if line.is_empty() {
                let rest = word.split_off(fitting(&word, line_max));
                line.push_str(&std::mem::replace(&mut word, rest));
            }
            lines.push(String::new());
        }
    }
    if lines.len() > LINES_MAX {
        let rest = lines.split_off(LINES_MAX - 1).join(" ");
        lines.push(shortened(&rest, line_max));
    }
    lines
}

/// How many bytes of a text fit into a line; at least one character.
fn fitting(text: &str, line_max: usize) -> usize {
    let mut used = 0;
    let fits = |&(_, c): &(usize, char)| {
        used += if c.is_ascii() { 1 } else { 2 };
        used <= line_max
    };
    let last = text.char_indices().take_while(fits).last();
    let first = text.chars().next().map_or(0, char::len_utf8);
    last.map_or(first, |(at, c)| at + c.len_utf8())
}

fn shortened(text: &str, line_max: usize) -> String {
    if width(text) <= line_max {
        return text.to_owned();
    }
    format!("{}…", &text[..fitting(text, line_max - 1)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_between_words_and_the_rest_is_left_out() {
        assert_eq!(wrapped("enter @left", 20), ["enter @left"]);
        assert_eq!(wrapped("store @left := 40", 12), ["store @left", ":= 40"]);
        assert_eq!(wrapped("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrapped("a b c d e f g h", 3), ["a b", "c d", "e …"]);
        assert_eq!(wrapped("名前の長い", 4), ["名前", "の長", "い"]);
        assert_eq!(wrapped("", 4), [""]);
    }

    #[test]
    fn no_line_is_wider_than_it_may_be() {
        for line_max in 2..30 {
            for text in ["store @名前 release := 1234567890", "waits for a notification on @bell"]
            {
                for line in wrapped(text, line_max) {
                    assert!(width(&line) <= line_max + 1, "{line_max}: {line}");
                }
            }
        }
    }
}
