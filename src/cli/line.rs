//! A line of parts, of which those that matter least give way where it is narrow.

/// How long a part is kept: the least goes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Weight {
    Rate,
    Engine,
    Folders,
    Left,
    OtherCount,
    OfAll,
    Place,
    Time,
    Program,
    Count,
}

/// A part of a line, which is shown as a whole or not at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Part {
    weight: Weight,
    /// What is between it and a part before it.
    gap: &'static str,
    pub(super) text: String,
}

pub(super) fn part(weight: Weight, gap: &'static str, text: impl Into<String>) -> Part {
    Part { weight, gap, text: text.into() }
}

/// The parts in a line of this width. Parts of the same weight go together, and those of the greatest weight never.
pub(super) fn in_line(mut parts: Vec<Part>, width: usize) -> String {
    loop {
        let line = joined(&parts);
        let weights = || parts.iter().map(|part| part.weight);
        let (least, greatest) = (weights().min(), weights().max());
        if line.chars().count() <= width || least == greatest {
            return line;
        }
        parts.retain(|part| Some(part.weight) != least);
    }
}

fn joined(parts: &[Part]) -> String {
    let mut line = String::new();
    for Part { gap, text, .. } in parts {
        // Nothing is between a folder and what is in it.
        if !line.is_empty() && !line.ends_with('/') {
            line.push_str(gap);
        }
        line.push_str(text);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_parts_go_first_and_the_greatest_stays() {
        let parts = vec![
            part(Weight::Program, "", "a.il"),
            part(Weight::Count, "  ", "12"),
            part(Weight::OfAll, " ", "of 99"),
            part(Weight::Count, " ", "states"),
            part(Weight::Time, "  ", "7 s"),
        ];
        let line = |width| in_line(parts.clone(), width);
        assert_eq!(line(26), "a.il  12 of 99 states  7 s");
        assert_eq!(line(25), "a.il  12 states  7 s");
        assert_eq!(line(19), "a.il  12 states");
        assert_eq!(line(14), "12 states");
        assert_eq!(line(1), "12 states");
    }
}
