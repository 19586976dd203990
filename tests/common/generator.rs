//! Random programs that are well-typed by construction: what the verifier must accept.
//!
//! A program has one to four functions with random control flow: loops, critical edges, switches,
//! block parameters that branches permute, handlers with all three resumes, calls in argument
//! position, calls through pointers that may be wild, and memory accesses through such pointers.
//! A use names a definition of its own block or of one that dominates it.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::fmt::Write;

use super::entropy::Entropy;

#[path = "generator_instructions.rs"]
mod instructions;

/// A program's text, without `main` returning anything but `i64`.
pub(crate) fn program(numbers: &[u32], threads: bool) -> String {
    let mut entropy = Entropy::new(numbers);
    let functions = 1 + entropy.below(4);
    let mut signatures = vec![Signature { name: "main".into(), params: vec![], result: Some(I64) }];
    for index in 1..functions {
        let is_entry = threads && index == 1;
        let params = if is_entry {
            vec![Ptr]
        } else {
            (0..entropy.below(6)).map(|_| *entropy.pick(&PASSED)).collect()
        };
        let result = if is_entry { None } else { Some(*entropy.pick(&PASSED)) };
        let result = result.filter(|_| !entropy.once_in(4));
        signatures.push(Signature { name: format!("f{index}"), params, result });
    }
    let mut text = String::from(HEADER);
    if threads {
        text.push_str(THREADS);
    }
    for index in 0..functions {
        let function = Function::new(&mut entropy, &signatures, index, threads);
        function.write(&mut text);
    }
    text
}

const HEADER: &str = "il 0.3.0
extern @Viper.Core.Convert.ToStringInt(i64) -> str
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Memory.Alloc(i64) -> ptr
extern @Viper.String.Concat(str, str) -> str
extern @Viper.String.Len(str) -> i64
extern @Viper.Terminal.PrintI64(i64) -> void
extern @Viper.Terminal.PrintStr(str) -> void
extern @Viper.Terminal.Say(str) -> void
extern @Viper.Terminal.SayInt(i64) -> void
global i64 @count = 41
global const str @.one = \"one\"
global i32 @small = -7
global const str @.two = \"two\\n\"
global ptr @nowhere = null
";

const THREADS: &str = "extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Monitor.Pause(ptr) -> void
extern @Viper.Threads.Monitor.PauseAll(ptr) -> void
extern @Viper.Threads.Monitor.TryEnter(ptr) -> i1
extern @Viper.Threads.Monitor.TryEnterFor(ptr, i64) -> i1
extern @Viper.Threads.Monitor.Wait(ptr) -> void
extern @Viper.Threads.Monitor.WaitFor(ptr, i64) -> i1
extern @Viper.Threads.SafeI64.Add(ptr, i64) -> i64
extern @Viper.Threads.SafeI64.CompareExchange(ptr, i64, i64) -> i64
extern @Viper.Threads.SafeI64.New(i64) -> ptr
extern @Viper.Threads.Thread.Error(ptr) -> str
extern @Viper.Threads.Thread.HasError(ptr) -> i1
extern @Viper.Threads.Thread.Id(ptr) -> i64
extern @Viper.Threads.Thread.IsAlive(ptr) -> i1
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.JoinFor(ptr, i64) -> i1
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.StartSafe(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.TryJoin(ptr) -> i1
extern @Viper.Threads.Thread.Yield() -> void
";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ty {
    I1,
    I16,
    I32,
    I64,
    F64,
    Ptr,
    Str,
    Error,
    Token,
}
use Ty::{Error, F64, I1, I16, I32, I64, Ptr, Str, Token};

impl Ty {
    fn name(self) -> &'static str {
        ["i1", "i16", "i32", "i64", "f64", "ptr", "str", "error", "resumetok"][self as usize]
    }
}

/// What functions and blocks pass; `i64` comes first and often.
const PASSED: [Ty; 10] = [I64, I64, I64, I32, I16, I1, F64, Ptr, Str, Error];
/// What memory holds.
const STORED: [Ty; 7] = [I64, I32, I16, I1, Ptr, Str, F64];

#[derive(Clone, Debug)]
struct Signature {
    name: String,
    params: Vec<Ty>,
    result: Option<Ty>,
}

#[derive(Clone, Debug)]
struct Value {
    name: String,
    ty: Ty,
}

struct Block {
    params: Vec<Value>,
    is_handler: bool,
    successors: Vec<usize>,
    /// Handlers that this block pushes, before anything else in it.
    pushes: Vec<usize>,
    /// What it defines before its first `eh.push`, or at all if it has none; params included.
    defined: Vec<Value>,
    lines: Vec<String>,
    how: Terminator,
}

#[derive(Clone, Copy, PartialEq)]
enum Terminator {
    Ret,
    Br,
    CBr,
    Switch,
    Trap,
    TrapFromErr,
    ResumeSame,
    ResumeNext,
    ResumeLabel,
}

struct Function<'f, 'e> {
    entropy: &'f mut Entropy<'e>,
    signatures: &'f [Signature],
    index: usize,
    threads: bool,
    blocks: Vec<Block>,
    /// For each block the blocks that dominate it, itself included; empty if it is unreachable.
    dominators: Vec<Vec<usize>>,
    names: usize,
}

impl<'f, 'e> Function<'f, 'e> {
    fn new(
        entropy: &'f mut Entropy<'e>,
        signatures: &'f [Signature],
        index: usize,
        threads: bool,
    ) -> Self {
        let mut it = Function {
            entropy,
            signatures,
            index,
            threads,
            blocks: vec![],
            dominators: vec![],
            names: 0,
        };
        it.shape();
        it.dominators = it.dominators();
        it.fill();
        it
    }

    fn fresh(&mut self, ty: Ty) -> Value {
        self.names += 1;
        Value { name: format!("%v{}", self.names), ty }
    }

    /// Blocks with parameters, and which goes where.
    fn shape(&mut self) {
        let plain = 1 + self.entropy.below(7);
        let handlers = if self.entropy.once_in(2) { 1 + self.entropy.below(2) } else { 0 };
        let all = plain + handlers;
        // A loop's header with many parameters: its back edge permutes them.
        let wide = self.entropy.once_in(3);
        for index in 0..all {
            let is_handler = index >= plain;
            let types: Vec<Ty> = if index == 0 {
                self.signatures[self.index].params.clone()
            } else if is_handler {
                vec![Error, Token]
            } else {
                let count = self.entropy.below(if wide { 12 } else { 5 });
                let one = *self.entropy.pick(&PASSED);
                (0..count)
                    .map(
                        |_| if self.entropy.once_in(3) { *self.entropy.pick(&PASSED) } else { one },
                    )
                    .collect()
            };
            let params: Vec<Value> = types.into_iter().map(|ty| self.fresh(ty)).collect();
            let terminators: &[Terminator] = if is_handler {
                use Terminator::*;
                &[ResumeNext, ResumeLabel, ResumeSame, Ret, ResumeLabel, Br, ResumeNext, Trap]
            } else {
                use Terminator::*;
                &[Ret, CBr, Br, CBr, Switch, CBr, Br, TrapFromErr, CBr, Trap]
            };
            let mut how = *self.entropy.pick(terminators);
            if plain == 1 && !matches!(how, Terminator::ResumeSame | Terminator::ResumeNext) {
                how = Terminator::Ret;
            }
            let count = match how {
                Terminator::Br | Terminator::ResumeLabel => 1,
                Terminator::CBr => 2,
                Terminator::Switch => 1 + self.entropy.below(4),
                _ => 0,
            };
            let successors = (0..count).map(|_| 1 + self.entropy.below(plain.max(2) - 1)).collect();
            let mut pushes = vec![];
            if handlers > 0 && (index == 0 || self.entropy.once_in(3)) {
                for _ in 0..=self.entropy.below(2) {
                    pushes.push(plain + self.entropy.below(handlers));
                }
            }
            let defined = params.clone();
            self.blocks.push(Block {
                params,
                is_handler,
                successors,
                pushes,
                defined,
                lines: vec![],
                how,
            });
        }
    }

    fn dominators(&self) -> Vec<Vec<usize>> {
        let count = self.blocks.len();
        let mut sets: Vec<Option<Vec<usize>>> = vec![None; count];
        sets[0] = Some(vec![0]);
        loop {
            let mut changed = false;
            for from in 0..count {
                let Some(set) = sets[from].clone() else { continue };
                let block = &self.blocks[from];
                for &to in block.successors.iter().chain(&block.pushes) {
                    let mut next = match &sets[to] {
                        None => set.clone(),
                        Some(old) => {
                            old.iter().copied().filter(|d| *d == to || set.contains(d)).collect()
                        }
                    };
                    if !next.contains(&to) {
                        next.push(to);
                    }
                    if sets[to].as_ref() != Some(&next) {
                        sets[to] = Some(next);
                        changed = true;
                    }
                }
            }
            if !changed {
                return sets.into_iter().map(Option::unwrap_or_default).collect();
            }
        }
    }

    fn fill(&mut self) {
        // In an order in which a block comes after those that dominate it.
        let mut order: Vec<usize> = (0..self.blocks.len()).collect();
        order.sort_by_key(|&block| self.dominators[block].len());
        for block in order {
            let dominators = self.dominators[block].clone();
            let mut scope: Vec<Value> = dominators
                .iter()
                .filter(|&&dominator| dominator != block)
                .flat_map(|&dominator| self.blocks[dominator].defined.clone())
                .collect();
            scope.extend(self.blocks[block].params.clone());
            let mut lines = vec![];
            if self.blocks[block].is_handler && self.entropy.once_in(2) {
                lines.push("eh.entry".to_owned());
            }
            // Many values that live long: the first blocks define them, the last ones use them.
            let count = match self.entropy.below(12) {
                0 if block == 0 => 70,
                few => few,
            };
            let pushes = self.blocks[block].pushes.clone();
            let before = if pushes.is_empty() { count } else { count / 2 };
            for at in 0..=count {
                if at == before {
                    for handler in &pushes {
                        lines.push(format!("eh.push ^b{handler}"));
                    }
                    if !pushes.is_empty() && self.entropy.once_in(4) {
                        lines.push("eh.pop".into());
                    }
                    let known: Vec<Value> = scope.clone();
                    self.blocks[block].defined = known;
                }
                if at < count {
                    self.instruction(&mut lines, &mut scope);
                }
            }
            if self.entropy.once_in(8) {
                lines.push("eh.pop".into());
            }
            if pushes.is_empty() {
                self.blocks[block].defined.clone_from(&scope);
            }
            let terminator = self.terminator(block, &mut lines, &mut scope);
            lines.push(terminator);
            self.blocks[block].lines = lines;
        }
    }

    /// A value or a literal of this type.
    fn operand(&mut self, ty: Ty, scope: &[Value]) -> String {
        let fitting: Vec<&Value> = scope.iter().filter(|value| value.ty == ty).collect();
        if !fitting.is_empty() && !self.entropy.once_in(4) {
            // Often one of the newest.
            let from = if self.entropy.once_in(2) { 0 } else { fitting.len().saturating_sub(6) };
            return self.entropy.pick(&fitting[from..]).name.clone();
        }
        self.literal(ty)
    }

    fn literal(&mut self, ty: Ty) -> String {
        let choices: &[&str] = match ty {
            I1 => &["true", "false", "1", "0"],
            I16 => &["1", "0", "-1", "2", "32767", "-32768"],
            I32 => &["1", "0", "-1", "3", "2147483647", "-2147483648"],
            I64 => &[
                "1",
                "0",
                "2",
                "3",
                "-1",
                "8",
                "9223372036854775807",
                "-9223372036854775808",
                "4294967296",
            ],
            F64 => &["1.5", "0.0", "2.5", "-0.5", "9223372036854775808.0", "NaN", "Inf", "-1e300"],
            Ptr => {
                return match self.entropy.below(2) {
                    0 => "null".into(),
                    _ => format!("@{}", self.entropy.pick(self.signatures).name),
                };
            }
            Str | Error | Token => &["null"],
        };
        (*self.entropy.pick(choices)).to_owned()
    }

    /// An operand whose type has no literal gets a definition where there is none.
    fn value(&mut self, ty: Ty, lines: &mut Vec<String>, scope: &mut Vec<Value>) -> String {
        let known = scope.iter().any(|value| value.ty == ty);
        if matches!(ty, Str | Error | Token) {
            if known && !self.entropy.once_in(6) {
                let fitting: Vec<&Value> = scope.iter().filter(|value| value.ty == ty).collect();
                return self.entropy.pick(&fitting).name.clone();
            }
            let value = self.fresh(ty);
            let line = match ty {
                Str if !self.entropy.once_in(4) => {
                    format!("{} = const_str @.{}", value.name, self.entropy.pick(&["one", "two"]))
                }
                Error if !self.entropy.once_in(4) => {
                    let message = self.value(Str, lines, scope);
                    let kind = self.operand(I32, scope);
                    format!("{} = trap.err {kind}, {message}", value.name)
                }
                _ => format!("{}:{} = const_null", value.name, ty.name()),
            };
            lines.push(line);
            scope.push(value.clone());
            return value.name;
        }
        self.operand(ty, scope)
    }

    /// A pointer that is most often one to memory.
    fn pointer(&mut self, lines: &mut Vec<String>, scope: &mut Vec<Value>) -> String {
        if self.entropy.once_in(12) {
            return self.operand(Ptr, scope);
        }
        let known: Vec<&Value> = scope.iter().filter(|value| value.ty == Ptr).collect();
        if !known.is_empty() && !self.entropy.once_in(3) {
            return self.entropy.pick(&known).name.clone();
        }
        let what = *self.entropy.pick(&["alloca 24", "gaddr @count", "gaddr @small"]);
        self.define(Ptr, what, lines, scope);
        scope.last().expect("just defined").name.clone()
    }

    fn define(&mut self, ty: Ty, what: &str, lines: &mut Vec<String>, scope: &mut Vec<Value>) {
        let value = self.fresh(ty);
        lines.push(format!("{}:{} = {what}", value.name, ty.name()));
        scope.push(value);
    }

    fn terminator(
        &mut self,
        block: usize,
        lines: &mut Vec<String>,
        scope: &mut Vec<Value>,
    ) -> String {
        for _ in 0..self.entropy.below(5) {
            self.observe(lines, scope);
        }
        let successors = self.blocks[block].successors.clone();
        let mut ways = vec![];
        for &to in &successors {
            ways.push(self.target(to, lines, scope));
        }
        match self.blocks[block].how {
            Terminator::Ret => match self.signatures[self.index].result {
                None => "ret".into(),
                Some(ty) => format!("ret {}", self.value(ty, lines, scope)),
            },
            Terminator::Br => format!("br {}", ways[0]),
            Terminator::CBr => {
                format!("cbr {}, {}, {}", self.operand(I1, scope), ways[0], ways[1])
            }
            Terminator::Switch => {
                let mut text = format!("switch.i32 {}, {}", self.operand(I32, scope), ways[0]);
                for (way, value) in ways[1..].iter().zip(["0", "-1", "2147483647", "1"]) {
                    let _ = write!(text, ", {value} -> {way}");
                }
                text
            }
            Terminator::Trap => "trap".into(),
            Terminator::TrapFromErr => {
                let ty = *self.entropy.pick(&[I32, I64]);
                format!("trap.from_err {} {}", ty.name(), self.entropy.below(12))
            }
            Terminator::ResumeSame => format!("resume.same {}", self.token(lines, scope)),
            Terminator::ResumeNext => format!("resume.next {}", self.token(lines, scope)),
            Terminator::ResumeLabel => {
                format!("resume.label {}, {}", self.token(lines, scope), ways[0])
            }
        }
    }

    fn token(&mut self, lines: &mut Vec<String>, scope: &mut Vec<Value>) -> String {
        self.value(Token, lines, scope)
    }

    fn target(&mut self, to: usize, lines: &mut Vec<String>, scope: &mut Vec<Value>) -> String {
        let params = self.blocks[to].params.clone();
        // A branch back passes the block's own parameters around, in another order.
        let own: Vec<Value> =
            params.iter().filter(|p| scope.iter().any(|v| v.name == p.name)).cloned().collect();
        let mut args = vec![];
        for param in &params {
            let fitting: Vec<&Value> = own.iter().filter(|value| value.ty == param.ty).collect();
            if !fitting.is_empty() && !self.entropy.once_in(4) {
                args.push(self.entropy.pick(&fitting).name.clone());
            } else {
                args.push(self.value(param.ty, lines, scope));
            }
        }
        if args.is_empty() {
            return format!("^b{to}");
        }
        format!("^b{to}({})", args.join(", "))
    }

    fn write(&self, text: &mut String) {
        let signature = &self.signatures[self.index];
        let list = |values: &[Value]| -> String {
            let each: Vec<String> =
                values.iter().map(|value| format!("{} {}", value.ty.name(), value.name)).collect();
            each.join(", ")
        };
        let result = signature.result.map_or("void", Ty::name);
        let _ = writeln!(
            text,
            "func @{}({}) -> {result} {{",
            signature.name,
            list(&self.blocks[0].params)
        );
        for (index, block) in self.blocks.iter().enumerate() {
            if self.dominators[index].is_empty() {
                continue;
            }
            let params: Vec<String> = block
                .params
                .iter()
                .map(|value| format!("{}: {}", value.name, value.ty.name()))
                .collect();
            let _ = if params.is_empty() || index == 0 {
                writeln!(text, "b{index}:")
            } else {
                writeln!(text, "b{index}({}):", params.join(", "))
            };
            for line in &block.lines {
                let _ = writeln!(text, "  {line}");
            }
        }
        text.push_str("}\n");
    }
}
