//! Cuts texts to one line so that they can still be told apart.
//!
//! Outcomes of one program often have a common beginning that is longer than a line. Cut at the end,
//! they would all look the same, so the common part is cut instead.

/// Cuts each text to this many characters, with `…` in place of what is left out, so that no two look
/// the same if that is possible. The part that is shown is where a text differs from the most similar
/// one, or from a less similar one if the first choice makes it look like an earlier text.
pub(in crate::report) fn cut_apart(texts: &[String], room: usize) -> Vec<String> {
    let texts: Vec<Vec<char>> = texts.iter().map(|text| text.chars().collect()).collect();
    let mut cuts: Vec<String> = Vec::with_capacity(texts.len());
    for (at, text) in texts.iter().enumerate() {
        let others = texts.iter().enumerate().filter(|&(other, _)| other != at);
        let mut places: Vec<usize> = others.map(|(_, other)| in_common(text, other)).collect();
        places.sort_unstable_by(|one, other| other.cmp(one));
        places.dedup();
        let mut tried = places.iter().map(|&place| cut(text, place, room));
        let apart = tried.find(|cut| !cuts.contains(cut));
        let first = places.first().copied().unwrap_or(0);
        cuts.push(apart.unwrap_or_else(|| cut(text, first, room)));
    }
    cuts
}

/// The length of the common beginning, in characters.
fn in_common(one: &[char], other: &[char]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// Cuts a text to the available room, so that the character at `place` is shown.
fn cut(text: &[char], place: usize, room: usize) -> String {
    if text.len() <= room {
        return text.iter().collect();
    }
    let shown = |part: &[char]| part.iter().collect::<String>();
    if place + 1 < room {
        return format!("{}…", shown(&text[..room - 1]));
    }
    // A third of the room is for the beginning, and the rest for the surroundings of the place, most of
    // it behind the place.
    let head = room / 3;
    let window = room - head - 1;
    let start = place.saturating_sub(window / 3).min(text.len() - window);
    let part = &text[start..start + window];
    if start + window == text.len() {
        return format!("{}…{}", shown(&text[..head]), shown(part));
    }
    format!("{}…{}…", shown(&text[..head]), shown(&part[..window - 1]))
}

/// The beginning of a text, if it is longer than this many characters.
pub(in crate::report) fn shortened(text: &str, room: usize) -> String {
    cut(&text.chars().collect::<Vec<_>>(), 0, room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn what_fits_is_not_cut() {
        let texts = strings(&["{1 / 2}", "{2 / 1}"]);
        assert_eq!(cut_apart(&texts, 20), texts);
        assert_eq!(shortened("0123456789", 10), "0123456789");
        assert_eq!(shortened("0123456789a", 10), "012345678…");
    }

    #[test]
    fn texts_that_part_at_different_places_look_different() {
        let part = |bits: u32, bit: u32| format!("{} and so on / ", bits >> bit & 1);
        let word = |bits: u32| (0..6).map(|bit| part(bits, bit)).collect::<Vec<_>>().concat();
        let texts: Vec<String> = (0..8).map(|nth| word(nth * 5)).collect();
        for room in 30..60 {
            let mut cut = cut_apart(&texts, room);
            cut.sort();
            cut.dedup();
            assert_eq!(cut.len(), texts.len(), "{room}: {cut:?}");
        }
    }

    #[test]
    fn texts_that_begin_alike_are_cut_where_they_are_alike() {
        let same = "0123456789".repeat(10);
        let texts = [format!("{same}a"), format!("{same}b{same}"), format!("{same}c")];
        for room in 20..60 {
            let cut = cut_apart(&texts, room);
            assert!(cut.iter().all(|it| it.chars().count() <= room), "{cut:?}");
            for (text, distinct) in cut.iter().zip(["a", "b", "c"]) {
                assert!(text.contains(distinct), "{room}: {cut:?}");
            }
        }
    }
}
