//! The weights of the models: which mutants each model notices, and which of them no other model notices.
//!
//! Does not see: what a model notices that is not a mutant. Most models check a claim about the logic
//! between the locks, and the locks are much the same for all of them.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::matrix::Matrix;
use crate::engine::mutation::Mutant;
use crate::report::lines::Line;
use crate::report::mark::Mark;

/// The weights of a suite's models, from rows for which every model was tried.
#[derive(Debug)]
pub struct Weights<'m> {
    matrix: &'m Matrix<'m>,
    models: Vec<Weight<'m>>,
}

/// A model's weight.
#[derive(Debug)]
struct Weight<'m> {
    model: &'m str,
    /// How many mutants it notices.
    kills: usize,
    /// Those that no other model notices.
    alone: Vec<&'m Mutant>,
    /// Whether it belongs to the set that is enough; see [`enough`].
    is_needed: bool,
}

impl<'m> Weights<'m> {
    /// Computes the weights of the models.
    pub fn new(matrix: &'m Matrix<'m>) -> Self {
        let killed: Vec<(&Mutant, BTreeSet<&str>)> = matrix
            .rows
            .iter()
            .map(|row| (&row.mutant, row.kills().iter().map(|it| it.model.as_str()).collect()))
            .filter(|(_, killers): &(_, BTreeSet<&str>)| !killers.is_empty())
            .collect();
        let weight = |model: &'m str| {
            let mine = || killed.iter().filter(move |(_, killers)| killers.contains(model));
            let alone = mine().filter(|(_, killers)| killers.len() == 1);
            Weight {
                model,
                kills: mine().count(),
                alone: alone.map(|(mutant, _)| *mutant).collect(),
                is_needed: false,
            }
        };
        let mut models: Vec<Weight<'m>> =
            matrix.suite.models.iter().map(|model| weight(&model.name)).collect();
        let enough = enough(&models, &killed);
        for weight in &mut models {
            weight.is_needed = enough.contains(weight.model);
        }
        Weights { matrix, models }
    }

    fn verdict(&self) -> String {
        let alone = self.models.iter().filter(|weight| !weight.alone.is_empty()).count();
        let needed = self.models.iter().filter(|weight| weight.is_needed).count();
        format!(
            "{} models. {alone} notice a mutant that no other model notices: without any one of \
             them, a mutant survives. A set of {needed} is enough to notice every mutant, and none \
             of these can be left out.",
            self.models.len()
        )
    }

    /// Model by model, with the mutants that only this model notices.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for Weight { model, kills, alone, is_needed } in &self.models {
            let (mark, needed) =
                if *is_needed { (Mark::Fine, "") } else { (Mark::Likely, ", can be spared") };
            let text = format!("{model}: notices {kills}, {} alone{needed}", alone.len());
            lines.push(Line::marked(mark, text));
            lines.extend(alone.iter().map(|mutant| Line::new(mutant.to_string()).indented(4)));
        }
        lines.extend([Line::new(""), Line::new(self.verdict()), self.matrix.summary_line()]);
        lines
    }

    /// For docs/MUTANTS.md.
    pub fn to_markdown(&self) -> String {
        let mut text = format!(
            "{}\n\n| model | notices | alone | in the sufficient set |\n|---|---:|---:|---|\n",
            self.verdict()
        );
        for Weight { model, kills, alone, is_needed } in &self.models {
            let needed = if *is_needed { "yes" } else { "" };
            let _ = writeln!(text, "| `{model}` | {kills} | {} | {needed} |", alone.len());
        }
        text
    }
}

/// A minimal set of models that together notice every mutant that is noticed at all. Starting with the
/// models that notice least, each is left out if every mutant is still noticed without it.
fn enough<'m>(models: &[Weight<'m>], killed: &[(&Mutant, BTreeSet<&'m str>)]) -> BTreeSet<&'m str> {
    let mut order: Vec<&Weight<'m>> = models.iter().collect();
    order.sort_by_key(|weight| weight.kills);
    let mut enough: BTreeSet<&str> = order.iter().map(|weight| weight.model).collect();
    for weight in order {
        enough.remove(weight.model);
        if killed.iter().any(|(_, killers)| killers.is_disjoint(&enough)) {
            enough.insert(weight.model);
        }
    }
    enough
}
