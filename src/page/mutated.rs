//! Sources on a page: each operation that was broken, in what ways, and what became of that.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use super::frame::framed;
use super::overview::{SCRIPT, STYLE as OVERVIEW_STYLE};

const STYLE: &str = include_str!("mutated.css");

/// How many lines are shown before and after one that has an operation.
const AROUND: usize = 2;

/// Sources whose operations were broken, one at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mutated {
    /// What was done.
    pub title: String,
    /// The result in a line.
    pub totals: String,
    /// The files, in order.
    pub files: Vec<MutatedFile>,
}

/// A source file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MutatedFile {
    /// Its path.
    pub name: String,
    /// Its whole text.
    pub text: String,
    /// What was broken in each line, by the line's number from 1.
    pub mutants: BTreeMap<usize, Vec<MutantTold>>,
}

/// A way in which an operation was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutantTold {
    /// What became of it.
    pub fate: Fate,
    /// The operation and how it was broken.
    pub what: String,
    /// Who noticed, or why nobody did.
    pub how: String,
}

/// What became of a mutant; the worst comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It was noticed.
    Killed,
    /// It was not noticed, and need not be.
    Equivalent,
    /// It is not decided.
    Unjudged,
    /// It was not noticed, or should not have been.
    Survived,
}

impl Fate {
    const ALL: [Fate; 4] = [Fate::Survived, Fate::Unjudged, Fate::Equivalent, Fate::Killed];

    fn name(self) -> &'static str {
        match self {
            Fate::Killed => "killed",
            Fate::Equivalent => "equivalent",
            Fate::Unjudged => "unjudged",
            Fate::Survived => "survived",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Fate::Killed => "✓",
            Fate::Equivalent => "=",
            Fate::Unjudged => "?",
            Fate::Survived => "✗",
        }
    }
}

impl MutatedFile {
    /// How many mutants have this fate.
    fn count(&self, fate: Fate) -> usize {
        self.mutants.values().flatten().filter(|it| it.fate == fate).count()
    }

    /// The worst fate of the mutants in these lines.
    fn worst(&self, (from, to): (usize, usize)) -> Fate {
        let mutants = self.mutants.range(from..=to).flat_map(|(_, it)| it);
        mutants.map(|it| it.fate).max().unwrap_or(Fate::Killed)
    }

    /// How many parts have this as their worst fate.
    fn parts_of(&self, fate: Fate) -> usize {
        self.parts().into_iter().filter(|&part| self.worst(part) == fate).count()
    }

    /// The parts of the text that are shown: lines with operations, and those around them, as ranges of numbers from 1.
    fn parts(&self) -> Vec<(usize, usize)> {
        let last = self.text.lines().count();
        let mut parts: Vec<(usize, usize)> = Vec::new();
        for &line in self.mutants.keys().filter(|line| (1..=last).contains(*line)) {
            let (from, to) = (line.saturating_sub(AROUND).max(1), (line + AROUND).min(last));
            match parts.last_mut() {
                Some((_, end)) if from <= *end + 1 => *end = to,
                _ => parts.push((from, to)),
            }
        }
        parts
    }
}

/// The page as HTML. It needs no other file.
pub fn render_mutated(mutated: &Mutated) -> String {
    let count = |fate| mutated.files.iter().map(|file| file.count(fate)).sum::<usize>();
    let parts = |fate| mutated.files.iter().map(|file| file.parts_of(fate)).sum::<usize>();
    let class = match (count(Fate::Survived), count(Fate::Unjudged)) {
        (0, 0) => "fine",
        (0, _) => "unfinished",
        _ => "wrong",
    };
    let body = html! {
        header class=(class) {
            p.title { (mutated.title) }
            h1 { (mutated.totals) }
        }
        nav aria-label="Which parts are shown" {
            span.purpose { "Parts of the text, by their worst mutant" }
            @for fate in Fate::ALL {
                @if parts(fate) > 0 { (chooser(fate, parts(fate))) }
            }
            label { "File " input #name type="search" placeholder="part of a name"; }
            output #shown aria-live="polite" { }
        }
        main.mutated { @for file in &mutated.files { (shown_file(file)) } }
        script { (PreEscaped(SCRIPT)) }
    };
    let style = format!("{OVERVIEW_STYLE}{STYLE}");
    framed(&format!("{}: {}", mutated.title, mutated.totals), &style, &body)
}

/// The box by which parts are shown or not whose worst mutant has this fate, with the number of these parts.
fn chooser(fate: Fate, parts: usize) -> Markup {
    html! {
        label.chooser.(fate.name()) {
            input type="checkbox" checked value=(fate.name());
            " " (fate.sign()) " " (fate.name()) ": " (parts)
        }
    }
}

fn shown_file(file: &MutatedFile) -> Markup {
    let lines: Vec<&str> = file.text.lines().collect();
    html! {
        section {
            h2 { (file.name) }
            @for (from, to) in file.parts() {
                @let worst = file.worst((from, to));
                div.entry.part.(worst.name()) data-standing=(worst.name()) data-name=(file.name) {
                    @for number in from..=to {
                        (shown_line(number, lines[number - 1], file.mutants.get(&number)))
                    }
                }
            }
        }
    }
}

/// A line. The mutants of one that needs an explanation are open.
fn shown_line(number: usize, text: &str, mutants: Option<&Vec<MutantTold>>) -> Markup {
    // The signs come first: of a long line, the end is not on a narrow screen.
    let line =
        |fates: &Markup| html! { span.count { (number) } span.fates { (fates) } code { (text) } };
    let Some(mutants) = mutants else { return html! { div.text { (line(&html! {})) } } };
    let count = |fate| mutants.iter().filter(|it| it.fate == fate).count();
    let fates = html! {
        @for fate in Fate::ALL {
            @if count(fate) > 0 {
                span.sign.(fate.name()) title=(format!("{} {}", count(fate), fate.name())) {
                    (fate.sign()) @if count(fate) > 1 { (count(fate)) }
                }
            }
        }
    };
    let worst = mutants.iter().map(|it| it.fate).max().unwrap_or(Fate::Killed);
    html! {
        details.line.(worst.name()) open[worst > Fate::Equivalent] {
            summary.text { (line(&fates)) }
            ul {
                @for mutant in mutants {
                    li.(mutant.fate.name()) {
                        span.sign { (mutant.fate.sign()) } " "
                        b { (mutant.what) } " "
                        span.how { (mutant.how) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> MutatedFile {
        let mutant = |fate| MutantTold { fate, what: "<b>".into(), how: "</li>".into() };
        let lines: Vec<String> = (1..=30).map(|it| format!("line <{it}>\n")).collect();
        let text = lines.concat();
        let mutants = [
            (1, vec![mutant(Fate::Killed)]),
            (5, vec![mutant(Fate::Equivalent)]),
            (20, vec![mutant(Fate::Killed), mutant(Fate::Survived)]),
        ];
        MutatedFile { name: "<i>.rs".into(), text, mutants: mutants.into() }
    }

    #[test]
    fn lines_around_operations_are_shown_once() {
        assert_eq!(file().parts(), [(1, 7), (18, 22)]);
        let short = MutatedFile { text: "one\n".into(), ..file() };
        assert_eq!(MutatedFile { mutants: BTreeMap::new(), ..short }.parts(), []);
    }

    #[test]
    fn a_mutant_is_counted_shown_and_never_a_part_of_the_page() {
        let evil = "<script>alert(1)</script>";
        let totals = "4 mutants".into();
        let page = render_mutated(&Mutated { title: evil.into(), totals, files: vec![file()] });
        assert_eq!(page.matches("<script>").count(), 1, "only ours");
        // Two parts: lines 1 to 7, and lines 18 to 22, where one of two has survived.
        assert!(page.contains("✗ survived: 1<") && page.contains("= equivalent: 1<"), "{page}");
        assert!(!page.contains("killed: "), "each part with a killed one has one that is worse");
        assert!(!page.contains("unjudged\""), "no box for what is not there");
        assert_eq!(page.matches("<li").count(), 4);
        assert_eq!(page.matches(" open>").count(), 1, "the one that survived");
        assert!(page.contains("line &lt;22&gt;") && !page.contains("line &lt;23&gt;"));
        assert!(page.contains("<header class=\"wrong\">"));
    }
}
