//! The geometric means as a bar chart in SVG, drawn with what SVG itself has.

use std::fmt::Write;

use crate::engines::EngineId;
use crate::report::{Group, Report};

/// Where the bars begin, in pixels from the left.
const LEFT: f64 = 150.0;
/// The length of a bar of ratio 1.
const SCALE: f64 = 360.0;
/// The longest ratio that is drawn in full; longer bars are cut there, which stands beside them.
const LONGEST: f64 = 1.35;
const BAR: f64 = 16.0;
/// From one engine to the next.
const STEP: f64 = 52.0;
const TOP: f64 = 64.0;

/// Bars per engine, one for each group of workloads; Lua 5.4 is 1.
pub(crate) fn chart(report: &Report) -> String {
    let engines: Vec<EngineId> = report.engines.iter().map(|(id, _)| *id).collect();
    let bottom = TOP + STEP * engines.len() as f64;
    let (width, height) = (LEFT + SCALE * LONGEST + 90.0, bottom + 56.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let mut text = |x: f64, y: f64, rest: &str, words: &str| {
        writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" {rest}>{}</text>", escaped(words))
            .expect("strings take everything");
    };
    text(
        16.0,
        26.0,
        "font-size=\"16\" font-weight=\"bold\"",
        "CPU time of interpreters, Lua 5.4 = 1",
    );
    text(16.0, 46.0, "fill=\"#555555\"", "geometric means; shorter is faster");
    for (nth, id) in engines.iter().enumerate() {
        let y = TOP + STEP * nth as f64 + BAR + 4.0;
        let weight = if *id == EngineId::Drawloom { "bold" } else { "normal" };
        let rest = format!("text-anchor=\"end\" font-weight=\"{weight}\"");
        text(LEFT - 10.0, y, &rest, id.name());
    }
    let machine = &report.machine;
    let origin = format!("{}, {}, commit {}", machine.cpu, machine.rustc, machine.commit);
    text(16.0, bottom + 44.0, "fill=\"#555555\" font-size=\"11\"", &origin);
    for group in Group::ALL {
        bars(&mut out, report, &engines, group);
        legend(&mut out, group, bottom + 18.0);
    }
    let one = LEFT + SCALE;
    writeln!(
        out,
        "<line x1=\"{one}\" y1=\"{}\" x2=\"{one}\" y2=\"{bottom}\" stroke=\"#555555\" \
         stroke-dasharray=\"4 3\"/>\n</svg>",
        TOP - 6.0
    )
    .expect("strings take everything");
    out
}

/// A group's bar of every engine, with its number.
fn bars(out: &mut String, report: &Report, engines: &[EngineId], group: Group) {
    for (nth, &id) in engines.iter().enumerate() {
        let Some((spread, _)) = report.mean((id, EngineId::Lua), group) else { continue };
        let y = TOP + STEP * nth as f64 + offset(group);
        let length = spread.median.min(LONGEST) * SCALE;
        let is_cut = if spread.median > LONGEST { " (cut)" } else { "" };
        writeln!(
            out,
            "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{BAR}\" fill=\"{}\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\">{:.2}{is_cut}</text>",
            colour(group),
            LEFT + length + 6.0,
            y + BAR - 3.0,
            spread.median
        )
        .expect("strings take everything");
    }
}

fn legend(out: &mut String, group: Group, y: f64) {
    let (x, words) = match group {
        Group::Chosen => (LEFT, "six workloads"),
        Group::HeldOut => (LEFT + 150.0, "held-out workloads"),
    };
    writeln!(
        out,
        "<rect x=\"{x}\" y=\"{:.1}\" width=\"12\" height=\"12\" fill=\"{}\"/>\n\
         <text x=\"{}\" y=\"{y:.1}\">{words}</text>",
        y - 11.0,
        colour(group),
        x + 18.0
    )
    .expect("strings take everything");
}

fn offset(group: Group) -> f64 {
    if group == Group::Chosen { 0.0 } else { BAR + 3.0 }
}

/// Two colours that print apart in grey.
fn colour(group: Group) -> &'static str {
    if group == Group::Chosen { "#1f5fa8" } else { "#a9c6e8" }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_end_the_text_that_they_stand_in() {
        assert_eq!(escaped("a < b && c"), "a &lt; b &amp;&amp; c");
    }
}
