//! Switches: tables of jumps, and a binary search for the table if the values are far apart.

use super::super::Register;
use super::super::table::Op;
use super::branch::Edge;
use super::function::{FunctionCompiler, SCRATCH};
use super::jump::Destination;
use crate::il::resolved::{Operand, Target};

/// The target of a switch for a value, or for all values without a case.
#[derive(Clone, Copy)]
struct Way<'m> {
    edge: Edge<'m>,
    /// The stub that passes its arguments, if there are any.
    stub: Option<usize>,
}

/// Cases whose values are close together.
type Row<'w, 'm> = &'w [(i32, Way<'m>)];

impl<'m> FunctionCompiler<'_, 'm> {
    pub(super) fn switch(
        &mut self,
        scrutinee: &Operand,
        default: &'m Target,
        cases: &'m [(i32, Target)],
        block: usize,
    ) {
        let a = self.operand(scrutinee);
        let default = self.way(default, block);
        let mut ways: Vec<_> =
            cases.iter().map(|(value, target)| (*value, self.way(target, block))).collect();
        ways.sort_by_key(|&(value, _)| value);
        self.search(a, &rows(&ways), default);
        for way in ways.iter().map(|&(_, way)| way).chain([default]) {
            if let Some(stub) = way.stub {
                self.begin_stub(stub);
                self.pass(way.edge);
                self.jump(way.edge);
            }
        }
    }

    fn way(&mut self, target: &'m Target, block: usize) -> Way<'m> {
        let edge = self.edge(target, block);
        let stub = self.has_moves(edge).then(|| self.new_stub());
        Way { edge, stub }
    }

    fn enter(&mut self, way: Way<'m>) {
        match way.stub {
            None => self.jump(way.edge),
            Some(stub) => {
                let at = self.emit(Op::Jmp { to: 0 });
                self.jumps.push((at, Destination::Stub(stub)));
            }
        }
    }

    /// Finds the table that a value could be in, by binary search.
    fn search(&mut self, a: Register, rows: &[Row<'_, 'm>], default: Way<'m>) {
        match rows {
            [] => self.enter(default),
            [row] => self.row(a, row, default),
            _ => {
                let (below, above) = rows.split_at(rows.len() / 2);
                let b = self.scratch(SCRATCH - 1);
                self.emit(Op::Const { d: b, k: above[0][0].0 });
                let at = self.emit(Op::Jlt { a, b, to: 0 });
                let stub = self.new_stub();
                self.jumps.push((at, Destination::Stub(stub)));
                self.search(a, above, default);
                self.begin_stub(stub);
                self.search(a, below, default);
            }
        }
    }

    /// A switch and its table of jumps: the default first, then one jump for each value from the lowest on.
    fn row(&mut self, a: Register, row: Row<'_, 'm>, default: Way<'m>) {
        let (low, high) = (row[0].0, row[row.len() - 1].0);
        self.emit(Op::Switch { a, n: (high.abs_diff(low) + 1) as u16, k: low });
        self.enter(default);
        let mut cases = row.iter();
        let mut next = cases.next();
        for value in low..=high {
            match next {
                Some(&(case, way)) if case == value => {
                    self.enter(way);
                    next = cases.next();
                }
                _ => self.enter(default),
            }
        }
    }
}

/// Divides the cases, which are sorted, into tables in which at most three of four entries are empty.
fn rows<'w, 'm>(mut ways: &'w [(i32, Way<'m>)]) -> Vec<Row<'w, 'm>> {
    let mut rows = Vec::new();
    while let Some(&(low, _)) = ways.first() {
        let fits = |nth: usize| {
            let places = u64::from(ways[nth].0.abs_diff(low)) + 1;
            places <= 4 * (nth as u64 + 1) && u16::try_from(places).is_ok()
        };
        let len = (1..ways.len()).find(|&nth| !fits(nth)).unwrap_or(ways.len());
        let (row, rest) = ways.split_at(len);
        rows.push(row);
        ways = rest;
    }
    rows
}
