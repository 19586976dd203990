//! Checks compiled code before anything runs it.
//!
//! The fast machine checks no register, target or index while it runs: it relies on *closed* and
//! *stepped* ([`CodeData`]). The compiler keeps both by construction. This module checks them again,
//! from the bytecode alone, so that `unsafe` code relies on one page of rules and not on a compiler. A
//! violation is a bug of ours, not of the program, so it panics.
//!
//! It also checks that registers are read only after they have been written on every path, and that link
//! slots are never read. No machine needs this, but without it a compiler error would let a program
//! compute with leftovers. Does not see: what a `resume` finds, which goes back to an instruction that
//! this check has visited already.

use std::ops::Deref;
use std::sync::Arc;

use super::Register;
use super::code::CodeData;
use super::function::FunctionInfo;
use super::table::{Op, Operand};

/// A compiled program that has been verified. Clones share it.
#[derive(Clone, Debug)]
pub struct Code(Arc<CodeData>);

impl Code {
    /// The only way to make one: panics unless the code is *closed* and *stepped*.
    pub(super) fn verified(data: CodeData) -> Self {
        verify(&data);
        Code(Arc::new(data))
    }
}

#[cfg(test)]
impl Code {
    fn into_data(self) -> CodeData {
        Arc::into_inner(self.0).expect("nobody else has it")
    }
}

impl Deref for Code {
    type Target = CodeData;
    fn deref(&self) -> &CodeData {
        &self.0
    }
}

/// Panics unless the code is *closed* and *stepped*.
fn verify(code: &CodeData) {
    assert!(code.ops.len() > 2 || code.functions.is_empty(), "closed: the code is empty");
    assert_eq!(code.ops.len(), code.site_of.len(), "closed: every instruction has a site");
    // The first frame of a thread returns to the second instruction, as if the first had called it.
    assert!(
        matches!(code.ops[..], [Op::Call { w: 0, .. }, Op::Call { w: 0, .. }, ..]),
        "closed: {:?} cannot be returned to",
        code.ops.get(..2)
    );
    assert!((code.entry as usize) < code.functions.len(), "closed: no function {}", code.entry);
    for (index, function) in code.functions.iter().enumerate() {
        let end = code.functions.get(index + 1).map_or(code.ops.len(), |next| next.entry as usize);
        Checked { code, function, index, start: function.entry as usize, end }.run();
    }
}

/// A function under verification: its instructions are `start..end`.
struct Checked<'c> {
    code: &'c CodeData,
    function: &'c FunctionInfo,
    index: usize,
    start: usize,
    end: usize,
}

impl Checked<'_> {
    fn run(&self) {
        let frame = usize::from(self.function.frame);
        let parameters = self.function.signature.params.len();
        assert!(
            2 <= self.start && self.start < self.end,
            "closed: {} is empty",
            self.function.name
        );
        assert!(
            parameters.max(1) <= frame,
            "closed: {}'s frame has no room for what it is passed and returns",
            self.function.name
        );
        if let Some(mark) = self.function.mark {
            assert!(usize::from(mark) < frame, "closed: the mark is outside the frame");
        }
        for at in self.start..self.end {
            self.instruction(at);
        }
        self.initialised(parameters);
    }

    #[track_caller]
    fn claim(&self, holds: bool, at: usize, claim: &str) {
        assert!(holds, "{claim}: {:?} at {} of {}", self.code.ops[at], at, self.function.name);
    }

    fn instruction(&self, at: usize) {
        let op = self.code.ops[at];
        let frame = i64::from(self.function.frame);
        for (letter, operand) in op.operands() {
            let Operand::Number(number) = operand else { continue };
            let is_below = |len: usize| number < len as i64;
            match letter {
                "a" | "b" | "c" | "d" => self.claim(number < frame, at, "closed: register"),
                "w" => self.claim(1 <= number && number < frame, at, "closed: window"),
                "x" => self.claim(is_below(self.code.externs.len()), at, "closed: extern"),
                "g" => self.claim(is_below(self.code.globals.len()), at, "closed: global"),
                _ => {}
            }
        }
        match op {
            Op::ConstX { p, .. } => {
                self.claim((p as usize) < self.code.constants.len(), at, "closed: constant");
            }
            Op::CallIndirect { p, .. } => {
                self.claim((p as usize) < self.code.signatures.len(), at, "closed: signature");
            }
            Op::CallExtern { w, n, x } => {
                let arity = self.code.externs[usize::from(x)].signature.params.len();
                self.claim(arity.max(1) <= usize::from(n), at, "closed: arguments");
                self.claim(i64::from(w) + i64::from(n) <= frame, at, "closed: window");
            }
            Op::Call { n, to, .. } => {
                let callee = self.callee(at, to);
                self.claim(callee.is_some_and(|callee| callee.frame == n), at, "closed: callee");
            }
            _ => {}
        }
        for target in self.targets(at) {
            let is_inside = (self.start..self.end).contains(&target);
            self.claim(is_inside, at, "closed: target");
            let may_go_back = is_step(op) || matches!(op, Op::Guard { .. });
            self.claim(target > at || may_go_back, at, "stepped: target");
        }
        self.site(at);
        let falls_through = self.falls_through(at);
        self.claim(!falls_through || at + 1 < self.end, at, "closed: end");
    }

    /// A resumed guest continues at the start or end of its site, and finds a result in its register.
    fn site(&self, at: usize) {
        let known = self.code.sites.get(self.code.site_of[at] as usize);
        self.claim(known.is_some(), at, "closed: site");
        let Some(site) = known else { return };
        let (first, end) = (site.start as usize, site.end as usize);
        let is_around = (self.start..=at).contains(&first) && (at + 1..=self.end).contains(&end);
        self.claim(is_around && site.function as usize == self.index, at, "closed: site");
        self.claim(end < self.end || site.is_terminator, at, "closed: site");
        self.claim(site.result.is_none_or(|r| r < self.function.frame), at, "closed: site");
    }

    fn callee(&self, at: usize, to: i32) -> Option<&FunctionInfo> {
        let entry = u32::try_from(at as i64 + 1 + i64::from(to)).ok()?;
        let at =
            self.code.functions.binary_search_by_key(&entry, |function| function.entry).ok()?;
        Some(&self.code.functions[at])
    }

    /// Where control can go apart from the next instruction. A handler counts.
    fn targets(&self, at: usize) -> Vec<usize> {
        let place = |to: i32| usize::try_from(at as i64 + 1 + i64::from(to)).unwrap_or(usize::MAX);
        match self.code.ops[at] {
            Op::Call { .. } => Vec::new(),
            Op::Switch { n, .. } => (0..=i32::from(n)).map(place).collect(),
            op => {
                let distance = op.operands().into_iter().find_map(|it| match it {
                    ("to", Operand::Number(to)) => Some(to as i32),
                    _ => None,
                });
                distance.map(place).into_iter().collect()
            }
        }
    }

    fn falls_through(&self, at: usize) -> bool {
        !matches!(
            self.code.ops[at],
            Op::Jmp { .. }
                | Op::JmpBack { .. }
                | Op::Switch { .. }
                | Op::Ret { .. }
                | Op::RetK { .. }
                | Op::Trap { .. }
                | Op::TrapCode { .. }
                | Op::ResumeSame { .. }
                | Op::ResumeNext { .. }
        )
    }

    /// Follows every path through the function with the set of registers that have been written.
    fn initialised(&self, parameters: usize) {
        let lowest_window = self.code.ops[self.start..self.end]
            .iter()
            .filter_map(|op| window(*op))
            .min()
            .unwrap_or(Register::MAX);
        let mut known: Vec<Option<RegisterSet>> = vec![None; self.end - self.start];
        known[0] = Some(RegisterSet::first(parameters));
        let mut pending = vec![self.start];
        while let Some(at) = pending.pop() {
            let mut written = known[at - self.start].expect("only places that were reached wait");
            let op = self.code.ops[at];
            for register in self.reads(at) {
                self.claim(written.has(register), at, &format!("initialised: register {register}"));
            }
            let before = written;
            if let Some(w) = window(op) {
                // The callee's frame lies there, and its link below it.
                written.forget_from(w - 1);
                written.add(w);
            }
            let writes = op.operands();
            let writes = writes.iter().filter(|(letter, _)| *letter == "d");
            for (_, operand) in writes {
                if let Operand::Number(register) = operand {
                    written.add(*register as Register);
                }
            }
            let mut reach = |target: usize, with: RegisterSet| {
                let place = &mut known[target - self.start];
                let joined = place.map_or(with, |had| had.and(with));
                if *place != Some(joined) {
                    *place = Some(joined);
                    pending.push(target);
                }
            };
            for target in self.targets(at) {
                if let Op::Guard { d, a, .. } = op {
                    // A trap may come after calls, and then has kept everything except their windows.
                    let mut kept = before;
                    kept.forget_from(lowest_window.saturating_sub(1));
                    kept.add(d);
                    kept.add(a);
                    reach(target, kept);
                } else {
                    reach(target, written);
                }
            }
            if self.falls_through(at) {
                reach(at + 1, if matches!(op, Op::Guard { .. }) { before } else { written });
            }
        }
    }

    fn reads(&self, at: usize) -> Vec<Register> {
        let op = self.code.ops[at];
        let arguments = match op {
            Op::Call { to, .. } => self.callee(at, to).map_or(0, |it| it.signature.params.len()),
            Op::CallIndirect { p, .. } => self.code.signatures[p as usize].params.len(),
            Op::CallExtern { x, .. } => self.code.externs[usize::from(x)].signature.params.len(),
            _ => 0,
        };
        let in_window = window(op).into_iter().flat_map(|w| w..w + arguments as Register);
        let named = op.operands();
        let named = named.into_iter().filter_map(|it| match it {
            ("a" | "b" | "c", Operand::Number(register)) if !matches!(op, Op::Guard { .. }) => {
                Some(register as Register)
            }
            _ => None,
        });
        named.chain(in_window).collect()
    }
}

/// Whether the instruction ends a step when it jumps.
pub(super) fn is_step(op: Op) -> bool {
    matches!(
        op,
        Op::JmpBack { .. }
            | Op::JTBack { .. }
            | Op::JFBack { .. }
            | Op::JeqBack { .. }
            | Op::JneBack { .. }
            | Op::JltBack { .. }
            | Op::JleBack { .. }
            | Op::JultBack { .. }
            | Op::JuleBack { .. }
            | Op::JeqKBack { .. }
            | Op::JneKBack { .. }
            | Op::JltKBack { .. }
            | Op::JgtKBack { .. }
            | Op::IncJlt { .. }
            | Op::IncJle { .. }
            | Op::IncJltK { .. }
            | Op::WIncJult { .. }
    )
}

fn window(op: Op) -> Option<Register> {
    match op {
        Op::Call { w, .. } | Op::CallIndirect { w, .. } | Op::CallExtern { w, .. } => Some(w),
        _ => None,
    }
}

/// A set of registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct RegisterSet([u64; 4]);

impl RegisterSet {
    fn first(count: usize) -> Self {
        let mut set = RegisterSet::default();
        (0..count).for_each(|register| set.add(register as Register));
        set
    }

    fn add(&mut self, register: Register) {
        self.0[usize::from(register / 64)] |= 1 << (register % 64);
    }

    fn has(&self, register: Register) -> bool {
        self.0[usize::from(register / 64)] & 1 << (register % 64) != 0
    }

    fn forget_from(&mut self, first: Register) {
        for (index, word) in self.0.iter_mut().enumerate() {
            let kept = usize::from(first).saturating_sub(64 * index).min(64);
            *word &= 1_u64.checked_shl(kept as u32).map_or(!0, |bit| bit - 1);
        }
    }

    fn and(self, other: Self) -> Self {
        RegisterSet(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }
}

#[cfg(test)]
mod tests;
