//! The statements of a structured program but its loops.

use super::{Array, Function, function_name};

const COMPARE: [&str; 10] = [
    "scmp_lt", "scmp_le", "scmp_gt", "scmp_ge", "icmp_eq", "icmp_ne", "ucmp_lt", "ucmp_le",
    "ucmp_gt", "ucmp_ge",
];

impl Function<'_, '_> {
    pub(super) fn arithmetic(&mut self) {
        const WRAPPING: [&str; 9] =
            ["add", "sub", "xor", "and", "or", "mul", "shl", "lshr", "ashr"];
        const CHECKED: [&str; 7] = [
            "iadd.ovf",
            "isub.ovf",
            "imul.ovf",
            "sdiv.chk0",
            "srem.chk0",
            "udiv.chk0",
            "urem.chk0",
        ];
        let checked = self.entropy.once_in(5);
        let op = *self.entropy.pick(if checked { &CHECKED[..] } else { &WRAPPING[..] });
        let (a, b) = (self.operand(), self.operand());
        self.define(&format!("{op} {a}, {b}"));
    }

    pub(super) fn say(&mut self) {
        let word = self.operand();
        self.line(&format!("call @Viper.Terminal.SayInt({word})"));
    }

    /// Arithmetic on 16 or 32 bits, by way of a global of that width.
    pub(super) fn narrow(&mut self) {
        let (ty, global) = *self.entropy.pick(&[("i32", "small"), ("i16", "short")]);
        let literals: &[&str] = match ty {
            "i32" => &["1", "-1", "5", "2147483647", "-2147483648"],
            _ => &["1", "-1", "5", "32767", "-32768"],
        };
        let at = self.hidden("ptr", &format!("gaddr @{global}"));
        let old = self.hidden(ty, &format!("load {ty}, {at}"));
        let (op, literal) = (
            *self.entropy.pick(&["iadd.ovf", "isub.ovf", "imul.ovf", "xor", "and"]),
            *self.entropy.pick(literals),
        );
        let new = self.hidden(ty, &format!("{op} {old}, {literal}"));
        self.line(&format!("store {ty}, {at}, {new}"));
        let back = self.hidden("i64", &format!("load i64, {at}"));
        self.scope.words.push(back);
    }

    pub(super) fn array(&mut self) {
        let cells = 1 + self.entropy.below(6);
        let name = self.hidden("ptr", &format!("alloca {}", 8 * cells));
        self.scope.arrays.push(Array { name, cells });
    }

    /// Reads or writes an element. Its index is most often one of the array's, sometimes the one
    /// before or behind, and rarely any word.
    pub(super) fn element(&mut self) {
        if self.scope.arrays.is_empty() {
            self.array();
        }
        let Array { name, cells } = self.entropy.pick(&self.scope.arrays).clone();
        let index = match self.entropy.below(16) {
            0 => "0".to_owned(),
            1 => (cells - 1).to_string(),
            2 => self.operand(),
            3 => (*self.entropy.pick(&["-1", "6", "64"])).to_owned(),
            _ => {
                let any = self.operand();
                self.hidden("i64", &format!("urem.chk0 {any}, {cells}"))
            }
        };
        let scaled = match self.entropy.below(8) {
            0 => format!("mul {index}, 8"),
            1 => format!("mul 8, {index}"),
            2 if self.entropy.once_in(3) => format!("shl {index}, 2"),
            _ => format!("shl {index}, 3"),
        };
        let scaled = self.hidden("i64", &scaled);
        let mut at = self.hidden("ptr", &format!("gep {name}, {scaled}"));
        match self.entropy.below(10) {
            0 => {
                let by = *self.entropy.pick(&["8", "-8", "0", "4", "16"]);
                at = self.hidden("ptr", &format!("gep {at}, {by}"));
            }
            1 => {
                // The fields of a record, some of them far away.
                let (by, back) = *self.entropy.pick(&[
                    ("8", "-8"),
                    ("2147483640", "-2147483640"),
                    ("2147483640", "8"),
                    ("4294967296", "-4294967296"),
                ]);
                let far = self.hidden("ptr", &format!("gep {name}, {by}"));
                at = self.hidden("ptr", &format!("gep {far}, {back}"));
            }
            // Used by others too.
            2 => {
                let is_null = self.hidden("i1", &format!("icmp_eq {at}, null"));
                self.define(&format!("zext1 {is_null}"));
            }
            _ => {}
        }
        let ty = *self.entropy.pick(&["i64", "i64", "i64", "i32", "i16", "i1"]);
        for _ in 0..=self.entropy.below(2) {
            if self.entropy.once_in(2) {
                let word = self.operand();
                self.line(&format!("store i64, {at}, {word}"));
            } else {
                self.load(ty, &at);
            }
        }
        // The scaled index is read elsewhere too.
        if self.entropy.once_in(8) {
            self.scope.words.push(scaled);
        }
    }

    /// Loads a value of any width, as a word that shows all its bits.
    fn load(&mut self, ty: &str, at: &str) {
        let value = self.hidden(ty, &format!("load {ty}, {at}"));
        match ty {
            "i64" => self.scope.words.push(value),
            "i1" => _ = self.define(&format!("zext1 {value}")),
            _ => {
                let cell = self.hidden("ptr", "gaddr @count");
                self.line(&format!("store {ty}, {cell}, {value}"));
                self.define(&format!("load i64, {cell}"));
            }
        }
    }

    pub(super) fn global(&mut self) {
        let (ty, name) = *self.entropy.pick(&[
            ("i64", "count"),
            ("i64", "last"),
            ("i32", "small"),
            ("i1", "flag"),
            ("i16", "short"),
        ]);
        let mut at = self.hidden("ptr", &format!("gaddr @{name}"));
        if self.entropy.once_in(6) {
            // Its neighbour.
            let by = *self.entropy.pick(&["8", "-8"]);
            at = self.hidden("ptr", &format!("gep {at}, {by}"));
        }
        if self.entropy.once_in(2) {
            let word = self.operand();
            self.line(&format!("store i64, {at}, {word}"));
        } else {
            self.load(ty, &at);
        }
    }

    /// Sums and differences of products, of which the last one's bits become a word.
    pub(super) fn product(&mut self) {
        const LITERALS: [&str; 5] = ["1.5", "-0.5", "3.0", "0.0", "1e300"];
        let float = |this: &mut Self| {
            if this.scope.floats.is_empty() || this.entropy.once_in(3) {
                (*this.entropy.pick(&LITERALS)).to_owned()
            } else {
                this.entropy.pick(&this.scope.floats).clone()
            }
        };
        let (a, b, c) = (float(self), float(self), float(self));
        let product = self.hidden("f64", &format!("fmul {a}, {b}"));
        let op = *self.entropy.pick(&["fadd", "fsub"]);
        let sum = match self.entropy.below(5) {
            0 => self.hidden("f64", &format!("{op} {product}, {product}")),
            1 | 2 => self.hidden("f64", &format!("{op} {product}, {c}")),
            _ => self.hidden("f64", &format!("{op} {c}, {product}")),
        };
        let at = self.hidden("ptr", "gaddr @real");
        self.line(&format!("store f64, {at}, {sum}"));
        self.define(&format!("load i64, {at}"));
        self.scope.floats.push(sum);
        if self.entropy.once_in(4) {
            self.scope.floats.push(product);
        }
    }

    /// A call, of whose arguments some are calls or computed just before.
    pub(super) fn call(&mut self) {
        let (name, arity) = match self.index + 1 {
            next if next < self.arities.len() && !self.entropy.once_in(5) => {
                let index = next + self.entropy.below(self.arities.len() - next);
                (function_name(index), self.arities[index])
            }
            _ => ("Test.Mix".to_owned(), 2),
        };
        let mut args = Vec::new();
        for _ in 0..arity {
            args.push(match self.entropy.below(5) {
                0 => {
                    let (a, b) = (self.operand(), self.operand());
                    self.hidden("i64", &format!("call @Test.Mix({a}, {b})"))
                }
                1 | 2 => {
                    let (a, b) = (self.operand(), self.operand());
                    let op = *self.entropy.pick(&["add", "sub", "xor", "and"]);
                    self.hidden("i64", &format!("{op} {a}, {b}"))
                }
                3 => args.last().cloned().unwrap_or_else(|| self.operand()),
                _ => self.operand(),
            });
        }
        // A recursive function takes its depth first.
        if name != "Test.Mix" {
            args[0] = self.hidden("i64", &format!("and {}, 7", args[0]));
        }
        let call = format!("call @{name}({})", args.join(", "));
        if self.entropy.once_in(6) {
            self.line(&call);
        } else {
            self.define(&call);
        }
    }

    /// A function of the host, which may trap.
    pub(super) fn host(&mut self) {
        let (a, b) = (self.operand(), self.operand());
        if self.entropy.once_in(4) {
            let is_right = self.hidden("i1", &format!("icmp_ne {a}, {b}"));
            let message = self.hidden("str", "const_str @.wrong");
            self.line(&format!("call @Viper.Core.Diagnostics.Assert({is_right}, {message})"));
        } else {
            self.define(&format!("call @Test.Mix({a}, {b})"));
        }
    }

    fn compared(&mut self) -> String {
        let (a, b) = (self.operand(), self.operand());
        let op = *self.entropy.pick(&COMPARE);
        self.hidden("i1", &format!("{op} {a}, {b}"))
    }

    pub(super) fn comparison(&mut self) {
        let holds = match self.entropy.below(4) {
            0 => {
                let word = self.operand();
                self.hidden("i1", &format!("trunc1 {word}"))
            }
            _ => self.compared(),
        };
        if self.entropy.once_in(3) {
            let (a, b) = (self.operand(), self.operand());
            self.define(&format!("select i64, {holds}, {a}, {b}"));
        } else {
            self.define(&format!("zext1 {holds}"));
        }
    }

    /// Two ways to one block.
    pub(super) fn choice(&mut self) {
        let holds = match self.entropy.below(6) {
            0 => {
                let word = self.operand();
                self.hidden("i1", &format!("trunc1 {word}"))
            }
            1 => {
                // Not a negation, whatever it looks like.
                let (word, other) = (self.operand(), self.operand());
                let flipped = self.hidden("i64", &format!("xor {word}, 1"));
                let op = *self.entropy.pick(&["icmp_ne", "icmp_eq"]);
                let zero = if self.entropy.once_in(3) { other } else { "0".to_owned() };
                self.hidden("i1", &format!("{op} {flipped}, {zero}"))
            }
            _ => self.compared(),
        };
        let (yes, no, join) = (self.label("yes"), self.label("no"), self.label("join"));
        let (a, b) = (self.fresh(), self.fresh());
        match self.entropy.below(3) {
            // Straight to where the ways meet, with two words that may change places.
            0 => {
                let (x, y) = (self.operand(), self.operand());
                let other =
                    if self.entropy.once_in(2) { format!("{y}, {x}") } else { format!("{x}, {x}") };
                self.test(&holds, &format!("^{join}({x}, {y})"), &format!("^{join}({other})"));
            }
            _ => {
                self.test(&holds, &format!("^{yes}"), &format!("^{no}"));
                for label in [yes, no] {
                    self.begin(&label);
                    let outer = self.scope.clone();
                    self.scope.depth += 1;
                    if !self.entropy.once_in(3) {
                        self.statements();
                    }
                    let (x, y) = (self.operand(), self.operand());
                    self.line(&format!("br ^{join}({x}, {y})"));
                    self.scope = outer;
                }
            }
        }
        self.begin(&format!("{join}({a}: i64, {b}: i64)"));
        self.scope.words.extend([a, b]);
    }

    /// A switch whose cases lie close together, or far apart; from 0 or from elsewhere.
    pub(super) fn switch(&mut self) {
        const CASES: [&[i32]; 8] = [
            &[0, 1, 2, 3],
            &[-12, -2, -1, 0, 2, 3],
            &[-16, -2, -1, 0, 1, 2, 3],
            &[-2, -1, 0, 2],
            &[3, 4, 5],
            &[i32::MIN, 0, 7, i32::MAX],
            &[1, 1000],
            &[i32::MAX],
        ];
        let any = self.operand();
        let masked = self.hidden("i64", &format!("and {any}, 7"));
        let shifted = self.hidden("i64", &format!("sub {masked}, 2"));
        let value = self.hidden("i32", &format!("cast.si_narrow.chk {shifted}"));
        let (join, result) = (self.label("join"), self.fresh());
        let cases = *self.entropy.pick(&CASES);
        let mut ways = vec![format!("^{join}({any})")];
        let mut blocks = Vec::new();
        for case in cases {
            // A block of its own, or a word that says which case it was.
            let way = if self.entropy.once_in(2) {
                let block = self.label("case");
                blocks.push(block.clone());
                format!("^{block}")
            } else {
                format!("^{join}({})", self.operand())
            };
            ways.push(format!("{case} -> {way}"));
        }
        self.line(&format!("switch.i32 {value}, {}", ways.join(", ")));
        for block in blocks {
            self.begin(&block);
            let outer = self.scope.clone();
            self.scope.depth += 1;
            self.statement();
            let word = self.operand();
            self.line(&format!("br ^{join}({word})"));
            self.scope = outer;
        }
        self.begin(&format!("{join}({result}: i64)"));
        self.scope.words.push(result);
    }
}
