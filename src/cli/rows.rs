//! Rows of a matrix as they are made: kept in a journal, counted on the terminal, and turned into an exit.

use std::sync::Mutex;
use std::time::Duration;

use drawloom::engine::mutation::{Judged, Mutant, Outcome, Row, Suite, judge};
use drawloom::report::Matrix;
use indicatif::{ProgressBar, ProgressStyle};

use super::error::{Error, Exit};
use super::resume::{Journal, JournalError};

/// The exit for a matrix, or why not all of it was kept.
pub(super) fn finish(matrix: &Matrix<'_>, failure: Option<JournalError>) -> Result<Exit, Error> {
    failure.map_or(Ok(()), Err)?;
    let totals = matrix.totals();
    Ok(match totals.survived + totals.not_equivalent {
        0 if totals.unjudged == 0 => Exit::Fine,
        0 => Exit::Unfinished,
        _ => Exit::Failed,
    })
}

/// Makes rows for mutants, and calls the function with each as it is ready.
pub(super) type Run<'r> = dyn Fn(&[Mutant], &(dyn Fn(&Row) + Sync)) -> Vec<Row> + 'r;

/// The rows of these mutants, taken from the journal where it has them and made by `run` where not, and why not all
/// could be kept.
pub(super) fn kept_rows(
    journal: Option<&Journal>,
    mutants: &[Mutant],
    suite: &Suite,
    run: &Run<'_>,
) -> (Vec<Row>, Option<JournalError>) {
    let known = journal.map_or(&[][..], Journal::rows);
    let is_new = |mutant: &&Mutant| known.iter().all(|row| row.mutant != **mutant);
    let fresh: Vec<Mutant> = mutants.iter().filter(is_new).cloned().collect();
    let bar = bar("mutants", mutants.len());
    bar.inc((mutants.len() - fresh.len()) as u64);
    let failure = Mutex::new(None);
    let mut rows = run(&fresh, &|row| {
        // A mutant that ran out of time is tried again the next time.
        let is_final = !matches!(row.outcome, Outcome::Unjudged { .. });
        if let Some(journal) = journal
            && is_final
            && let Err(error) = journal.append(row)
            && let Ok(mut failure) = failure.lock()
        {
            *failure = Some(error);
        }
        if judge(suite, row) == Judged::Survived {
            bar.println(format!("survived: {}", row.mutant));
        }
        bar.inc(1);
    });
    bar.finish_and_clear();
    rows.extend(known.iter().filter(|row| mutants.contains(&row.mutant)).cloned());
    rows.sort_by(|a, b| a.mutant.rank().cmp(&b.mutant.rank()));
    // Two runs at once may both have recorded the same mutant.
    rows.dedup_by(|later, earlier| later.mutant == earlier.mutant);
    (rows, failure.into_inner().ok().flatten())
}

/// Writes a line to stderr, if that is a terminal.
pub(super) fn bar(things: &'static str, count: usize) -> ProgressBar {
    let bar = ProgressBar::new(count as u64);
    let template = "{spinner} {pos}/{len} {msg} {wide_bar} {elapsed}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(things);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
