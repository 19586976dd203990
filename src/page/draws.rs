//! Draws on a page: how many distinct traces they have shown, and how often each outcome came.

use maud::{Markup, html};

/// Executions that were drawn at random.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draws {
    /// Pairs of executions drawn and distinct traces among them. Both ascend.
    pub growth: Vec<(u64, u64)>,
    /// The same in words.
    pub summary: String,
    /// The outcomes, in the order in which they are listed.
    pub outcomes: Vec<OutcomeDrawn>,
    /// How many others there are.
    pub others: usize,
}

/// An outcome of executions that were drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutcomeDrawn {
    /// The number of its executions.
    pub executions: String,
    /// The same as a share of all.
    pub share: String,
    /// What it is.
    pub text: String,
    /// The same in one or two lines, if it is longer than that.
    pub short: Option<String>,
}

/// The size of the chart, and the space for what is written beside it.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 48.0;

/// About how many lines there are across the chart.
const TICKS: u64 = 4;

/// The chart and the table, as parts of a page.
pub(super) fn drawn(draws: &Draws) -> Markup {
    html! {
        @if draws.growth.len() > 1 {
            section.draws {
                h2 { "Distinct traces" }
                (chart(&draws.growth, &draws.summary))
            }
        }
        @if !draws.outcomes.is_empty() {
            section.draws {
                h2 { "Outcomes" }
                table {
                    tr { th { "executions" } th { "of all" } th { "outcome" } }
                    @for OutcomeDrawn { executions, share, text, short } in &draws.outcomes {
                        tr {
                            td.number { (executions) } td.number { (share) }
                            td {
                                @match short {
                                    Some(short) => details { summary { (short) } (text) },
                                    None => (text),
                                }
                            }
                        }
                    }
                }
                @if draws.others > 0 { p { "and " (draws.others) " more" } }
            }
        }
    }
}

/// How the number of traces has grown with the number of executions.
fn chart(growth: &[(u64, u64)], summary: &str) -> Markup {
    let &(executions, traces) = growth.last().expect("there is a last one");
    let across =
        |count: u64| LEFT + (WIDTH - LEFT - RIGHT) * count as f64 / executions.max(1) as f64;
    let up = |count: u64| {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * count as f64 / traces.max(1) as f64
    };
    let points: Vec<String> =
        growth.iter().map(|&(x, y)| format!("{:.1},{:.1}", across(x), up(y))).collect();
    let (floor, end) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(summary) {
            @for count in ticks(traces) {
                @let y = format!("{:.1}", up(count));
                line.rule x1=(LEFT) x2=(end) y1=(y) y2=(y) {}
                text.scale x=(LEFT - 8.0) y=(y) text-anchor="end" dominant-baseline="middle" { (short(count)) }
            }
            @for count in ticks(executions) {
                @let x = format!("{:.1}", across(count));
                text.scale x=(x) y=(floor + 18.0) text-anchor="middle" { (short(count)) }
            }
            text.scale x=(end) y=(HEIGHT - 6.0) text-anchor="end" { "executions" }
            polyline.grown points=(points.join(" ")) {}
        }
    }
}

/// Round numbers from 0 up to this one.
fn ticks(last: u64) -> Vec<u64> {
    let least = (last / TICKS).max(1);
    let power = 10u64.pow(least.ilog10());
    let step = [1, 2, 5, 10].into_iter().map(|it| it * power).find(|&step| step >= least);
    let step = step.expect("ten times the power of ten is enough") as usize;
    (0..=last).step_by(step).collect()
}

/// A round number in few letters.
fn short(number: u64) -> String {
    let units = [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    let fits = |(size, _): &&(u64, &str)| number >= *size && number.is_multiple_of(*size / 10);
    match units.iter().find(fits) {
        Some(&(size, unit)) => format!("{}{unit}", number as f64 / size as f64),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_few_round_numbers() {
        assert_eq!(ticks(0), [0]);
        assert_eq!(ticks(3), [0, 1, 2, 3]);
        assert_eq!(ticks(100), [0, 50, 100]);
        assert_eq!(ticks(34_650), [0, 10_000, 20_000, 30_000]);
    }

    #[test]
    fn round_numbers_are_short() {
        let all = [0, 500, 1_000, 2_500, 50_000, 1_234, 2_000_000, 3_000_000_000].map(short);
        assert_eq!(all, ["0", "500", "1k", "2.5k", "50k", "1234", "2M", "3G"]);
    }

    #[test]
    fn the_chart_goes_up_to_its_corner() {
        let outcome =
            OutcomeDrawn { share: "75 %".into(), text: "<1>".into(), ..OutcomeDrawn::default() };
        let outcomes = vec![outcome];
        let draws =
            Draws { growth: vec![(0, 0), (4, 2)], summary: "<2>".into(), outcomes, others: 0 };
        let text = drawn(&draws).into_string();
        assert!(text.contains("75 %") && text.contains("&lt;1&gt;"), "{text}");
        assert!(text.contains("aria-label=\"&lt;2&gt;\""), "{text}");
        assert!(text.contains(&format!("{:.1},{TOP:.1}\"", WIDTH - RIGHT)), "{text}");
        assert!(drawn(&Draws::default()).into_string().is_empty());
    }

    #[test]
    fn a_long_outcome_is_short_until_somebody_opens_it() {
        let long = OutcomeDrawn {
            text: "<one>".into(),
            short: Some("<o".into()),
            ..OutcomeDrawn::default()
        };
        let draws = Draws { outcomes: vec![long], others: 7, ..Draws::default() };
        let text = drawn(&draws).into_string();
        assert!(text.contains("<details><summary>&lt;o</summary>&lt;one&gt;</details>"), "{text}");
        assert!(text.contains("<p>and 7 more</p>"), "{text}");
    }
}
