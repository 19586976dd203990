//! "Did you mean": finds the known name nearest to an unknown one.

/// Longer names are not compared: the cost is the product of both lengths.
const LENGTH_MAX: usize = 64;

/// The number of candidates that are compared, so that a huge module does not make a finding slow.
const CANDIDATES_MAX: usize = 10_000;

/// The candidate with the fewest edits, if about a third of the name's length is enough to reach it.
/// Adding a suffix that begins with a dot (`sdiv` to `sdiv.chk0`) counts as one edit. Among equals the
/// first one wins, so the answer depends only on the order.
pub(crate) fn nearest<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    if name.len() > LENGTH_MAX {
        return None;
    }
    let edits_max = ((name.len() + 1) / 3).max(1);
    let edits = |candidate: &str| match candidate.strip_prefix(name) {
        Some(rest) if rest.starts_with('.') => Some(1),
        _ if candidate.len().abs_diff(name.len()) > edits_max => None,
        _ => Some(edit_distance(name, candidate)).filter(|&edits| edits <= edits_max),
    };
    candidates
        .into_iter()
        .take(CANDIDATES_MAX)
        .filter_map(|candidate| Some((edits(candidate)?, candidate)))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// The Levenshtein distance in bytes, ignoring ASCII case.
fn edit_distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(!a.eq_ignore_ascii_case(&b));
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_insertions_deletions_and_replacements() {
        assert_eq!(edit_distance("iadd", "iadd.ovf"), 4);
        assert_eq!(edit_distance("retr", "ret"), 1);
        assert_eq!(edit_distance("BR", "br"), 0);
        assert_eq!(edit_distance("", "abc"), 3);
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        assert_eq!(nearest("iad.ovf", ["isub.ovf", "iadd.ovf"]), Some("iadd.ovf"));
        assert_eq!(nearest("iadd", ["add.x", "iadd.ovf"]), Some("iadd.ovf"));
        assert_eq!(nearest("banana", ["ret", "br"]), None);
        assert_eq!(nearest(&"x".repeat(65), ["x"]), None);
    }
}
