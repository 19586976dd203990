//! Random programs of the shape that people write, and that the compiler works hardest on: counted
//! loops in loops, arrays that a computed index reads and writes up to their edges and beyond,
//! calls in the arguments of calls, switches, recursion, sums of products. No handlers.
//!
//! Its statements nest, so that what is in scope is known without a search: a construct gives back
//! the scope that it found, and hands out what it computed as a parameter of its last block.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::fmt::Write;

use super::entropy::Entropy;

#[path = "generator_statements.rs"]
mod statements;

/// A program's text.
pub(crate) fn program(numbers: &[u32]) -> String {
    let mut entropy = Entropy::new(numbers);
    let functions = 1 + entropy.below(3);
    let mut arities = vec![0];
    arities.extend((1..functions).map(|_| 1 + entropy.below(4)));
    let mut text = String::from(HEADER);
    for (index, &arity) in arities.iter().enumerate() {
        text.push_str(&Function::new(&mut entropy, &arities, index, arity).text);
    }
    text
}

const HEADER: &str = "il 0.3.0
extern @Test.Mix(i64, i64) -> i64
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Terminal.SayInt(i64) -> void
global i64 @count = 41
global i1 @flag = 1
global i16 @short = -3
global i32 @small = -7
global f64 @real = 1.5
global i64 @last = 9
global const str @.wrong = \"wrong\"
";

/// An array on the stack of its function.
#[derive(Clone)]
struct Array {
    name: String,
    cells: usize,
}

/// What a statement may use.
#[derive(Clone, Default)]
struct Scope {
    words: Vec<String>,
    floats: Vec<String>,
    arrays: Vec<Array>,
    /// Bounds what a program does: loops nest three deep at most.
    depth: usize,
}

struct Function<'f, 'e> {
    entropy: &'f mut Entropy<'e>,
    /// How many parameters each function has, all `i64`; it may call those behind itself.
    arities: &'f [usize],
    index: usize,
    text: String,
    names: usize,
    scope: Scope,
}

fn function_name(index: usize) -> String {
    if index == 0 { "main".into() } else { format!("f{index}") }
}

impl<'f, 'e> Function<'f, 'e> {
    fn new(entropy: &'f mut Entropy<'e>, arities: &'f [usize], index: usize, arity: usize) -> Self {
        let scope =
            Scope { words: (0..arity).map(|nth| format!("%p{nth}")).collect(), ..Scope::default() };
        let text = String::new();
        let mut it = Function { entropy, arities, index, text, names: 0, scope };
        let params: Vec<String> = (0..arity).map(|nth| format!("i64 %p{nth}")).collect();
        let name = function_name(index);
        let _ = writeln!(it.text, "func @{name}({}) -> i64 {{\nentry:", params.join(", "));
        if index > 0 && it.entropy.once_in(3) {
            it.recursion(arity);
        }
        for _ in 0..4 + it.entropy.below(9) {
            it.statement();
        }
        let result = it.operand();
        let _ = writeln!(it.text, "  ret {result}\n}}");
        it
    }

    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("%v{}", self.names)
    }

    fn label(&mut self, what: &str) -> String {
        self.names += 1;
        format!("{what}{}", self.names)
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "  {line}");
    }

    fn begin(&mut self, block: &str) {
        let _ = writeln!(self.text, "{block}:");
    }

    /// Defines a value that no later statement sees.
    fn hidden(&mut self, ty: &str, what: &str) -> String {
        let name = self.fresh();
        self.line(&format!("{name}:{ty} = {what}"));
        name
    }

    fn define(&mut self, what: &str) -> String {
        let name = self.hidden("i64", what);
        self.scope.words.push(name.clone());
        name
    }

    /// A word, most often one of the newest, or a literal.
    fn operand(&mut self) -> String {
        let words = &self.scope.words;
        if !words.is_empty() && !self.entropy.once_in(4) {
            let from = if self.entropy.once_in(3) { 0 } else { words.len().saturating_sub(4) };
            return self.entropy.pick(&self.scope.words[from..]).clone();
        }
        self.literal()
    }

    /// A literal: small ones, and those at the edges of the widths that instructions have inside.
    fn literal(&mut self) -> String {
        const LITERALS: [i64; 28] = [
            1,
            0,
            2,
            3,
            -1,
            5,
            8,
            63,
            64,
            127,
            128,
            -128,
            -129,
            32_767,
            32_768,
            -32_768,
            -32_769,
            2_147_483_647,
            2_147_483_648,
            -2_147_483_648,
            -2_147_483_649,
            4_294_967_296,
            i64::MAX,
            i64::MAX - 1,
            i64::MIN,
            i64::MIN + 1,
            7,
            1,
        ];
        let small = !self.entropy.once_in(3);
        let from = if small { &LITERALS[..7] } else { &LITERALS[..] };
        self.entropy.pick(from).to_string()
    }

    /// Calls itself with one less, and ends where nothing is left.
    fn recursion(&mut self, arity: usize) {
        let limit = *self.entropy.pick(&["0", "1", "-3"]);
        let (stop, more) = (self.label("stop"), self.label("more"));
        let is_over = self.hidden("i1", &format!("scmp_le %p0, {limit}"));
        self.line(&format!("cbr {is_over}, ^{stop}, ^{more}"));
        self.begin(&stop);
        let base = self.operand();
        self.line(&format!("ret {base}"));
        self.begin(&more);
        let less = self.define("isub.ovf %p0, 1");
        let args: Vec<String> =
            (0..arity).map(|nth| if nth == 0 { less.clone() } else { self.operand() }).collect();
        let name = function_name(self.index);
        self.define(&format!("call @{name}({})", args.join(", ")));
    }

    fn statement(&mut self) {
        match self.entropy.below(if self.scope.depth < 3 { 21 } else { 15 }) {
            0..=2 => self.arithmetic(),
            3 => self.say(),
            4 => self.narrow(),
            5 => self.array(),
            6..=8 => self.element(),
            9 => self.global(),
            10 => self.product(),
            11 | 12 => self.call(),
            13 => self.host(),
            14 => self.comparison(),
            15 => self.choice(),
            16 => self.switch(),
            _ => self.counted(),
        }
    }

    fn statements(&mut self) {
        for _ in 0..=self.entropy.below(4) {
            self.statement();
        }
    }

    /// A loop that counts, with two words that go around: asked at its head or at its end, up or
    /// down, by steps that fit an instruction or not.
    fn counted(&mut self) {
        const UP: [&str; 4] = ["scmp_lt", "scmp_le", "ucmp_lt", "icmp_ne"];
        const DOWN: [&str; 3] = ["scmp_gt", "scmp_ge", "icmp_ne"];
        let rounds = *self.entropy.pick(&[1_i64, 2, 3, 4, 5, 6, 300]);
        let step = *self.entropy.pick(&[1_i64, 1, 1, 2, 127, 128, -1, -1, -128, -129, 40_000]);
        let first = if self.entropy.once_in(4) { step * rounds } else { 0 };
        let bound = first + step * rounds;
        let compare = *self.entropy.pick(if step > 0 { &UP[..] } else { &DOWN[..] });
        let bound = match self.entropy.below(3) {
            0 => bound.to_string(),
            _ => self.hidden("i64", &format!("iadd.ovf {bound}, 0")),
        };
        let add = *self.entropy.pick(&["iadd.ovf", "iadd.ovf", "add"]);
        let initial = format!("{first}, {}, {}", self.operand(), self.operand());
        let (head, exit) = (self.label("head"), self.label("exit"));
        let (count, one, other) = (self.fresh(), self.fresh(), self.fresh());
        let outer = self.scope.clone();
        self.scope.depth += 1;
        self.line(&format!("br ^{head}({initial})"));
        self.begin(&format!("{head}({count}: i64, {one}: i64, {other}: i64)"));
        self.scope.words.extend([one.clone(), other.clone(), count.clone()]);
        let at_head = self.scope.words.clone();
        if self.entropy.once_in(2) {
            let body = self.label("body");
            let goes_on = self.hidden("i1", &format!("{compare} {count}, {bound}"));
            self.test(&goes_on, &format!("^{body}"), &format!("^{exit}"));
            self.begin(&body);
            self.statements();
            let round = self.round(&format!("{add} {count}, {step}"), &count, (&one, &other));
            self.line(&format!("br ^{head}({round})"));
            self.begin(&exit);
            self.scope = outer;
            self.scope.words = at_head;
        } else {
            self.statements();
            let round = self.round(&format!("{add} {count}, {step}"), &count, (&one, &other));
            let next = round.split(',').next().expect("it has three").to_owned();
            let goes_on = self.hidden("i1", &format!("{compare} {next}, {bound}"));
            let result = self.fresh();
            let value = self.operand();
            self.test(&goes_on, &format!("^{head}({round})"), &format!("^{exit}({value})"));
            self.begin(&format!("{exit}({result}: i64)"));
            self.scope = outer;
            self.scope.words.push(result);
        }
    }

    /// What a loop passes back to its head.
    fn round(&mut self, addition: &str, count: &str, (one, other): (&str, &str)) -> String {
        let next = self.hidden("i64", addition);
        let (a, b) = match self.entropy.below(6) {
            0 => (one.to_owned(), other.to_owned()),
            1 | 2 => (other.to_owned(), one.to_owned()),
            3 => (count.to_owned(), one.to_owned()),
            _ => (self.operand(), self.operand()),
        };
        format!("{next}, {a}, {b}")
    }

    /// Branches one way or the other, sometimes by the opposite of the condition.
    fn test(&mut self, condition: &str, yes: &str, no: &str) {
        match self.entropy.below(6) {
            0 => {
                let wide = self.hidden("i64", &format!("zext1 {condition}"));
                let flipped = self.hidden("i64", &format!("xor {wide}, 1"));
                let not = self.hidden("i1", &format!("trunc1 {flipped}"));
                self.line(&format!("cbr {not}, {no}, {yes}"));
            }
            1 => {
                let wide = self.hidden("i64", &format!("zext1 {condition}"));
                let again = self.hidden("i1", &format!("icmp_eq {wide}, 0"));
                self.line(&format!("cbr {again}, {no}, {yes}"));
            }
            _ => self.line(&format!("cbr {condition}, {yes}, {no}")),
        }
    }
}
