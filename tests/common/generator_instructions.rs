//! The instructions of a random block: each takes its operands from what is in scope.

use super::Ty::{Error, F64, I1, I16, I32, I64, Ptr, Str, Token};
use super::{Function, STORED, Ty, Value};

/// Externs without results that matter here: name, parameters, result.
const EXTERNS: &[(&str, &[Ty], Option<Ty>)] = &[
    ("Viper.Terminal.SayInt", &[I64], None),
    ("Viper.Terminal.PrintI64", &[I64], None),
    ("Viper.Terminal.Say", &[Str], None),
    ("Viper.Terminal.PrintStr", &[Str], None),
    ("Viper.Core.Convert.ToStringInt", &[I64], Some(Str)),
    ("Viper.Core.Diagnostics.Assert", &[I1, Str], None),
    ("Viper.Memory.Alloc", &[I64], Some(Ptr)),
    ("Viper.String.Concat", &[Str, Str], Some(Str)),
    ("Viper.String.Len", &[Str], Some(I64)),
];

/// The same for programs with threads.
const THREAD_EXTERNS: &[(&str, &[Ty], Option<Ty>)] = &[
    ("Viper.Threads.Thread.Yield", &[], None),
    ("Viper.Threads.Thread.Join", &[Ptr], None),
    ("Viper.Threads.Thread.TryJoin", &[Ptr], Some(I1)),
    ("Viper.Threads.Thread.Id", &[Ptr], Some(I64)),
    ("Viper.Threads.Thread.IsAlive", &[Ptr], Some(I1)),
    ("Viper.Threads.Thread.HasError", &[Ptr], Some(I1)),
    ("Viper.Threads.Thread.Error", &[Ptr], Some(Str)),
    ("Viper.Threads.Thread.Start", &[Ptr, Ptr], Some(Ptr)),
    ("Viper.Threads.Thread.StartSafe", &[Ptr, Ptr], Some(Ptr)),
    ("Viper.Threads.Monitor.Enter", &[Ptr], None),
    ("Viper.Threads.Monitor.Exit", &[Ptr], None),
    ("Viper.Threads.Monitor.TryEnter", &[Ptr], Some(I1)),
    ("Viper.Threads.Monitor.Wait", &[Ptr], None),
    ("Viper.Threads.Monitor.Pause", &[Ptr], None),
    ("Viper.Threads.Monitor.PauseAll", &[Ptr], None),
    ("Viper.Threads.SafeI64.Add", &[Ptr, I64], Some(I64)),
    ("Viper.Threads.SafeI64.New", &[I64], Some(Ptr)),
    ("Viper.Threads.SafeI64.CompareExchange", &[Ptr, I64, I64], Some(I64)),
];

/// The same for waits with a time limit; the generator gives small times.
const TIMED: &[&str] = &[
    "Viper.Threads.Thread.JoinFor",
    "Viper.Threads.Monitor.TryEnterFor",
    "Viper.Threads.Monitor.WaitFor",
];

impl Function<'_, '_> {
    pub(super) fn instruction(&mut self, lines: &mut Vec<String>, scope: &mut Vec<Value>) {
        const WIDTH: &[&str] =
            &["iadd.ovf", "isub.ovf", "imul.ovf", "sdiv.chk0", "srem.chk0", "and", "or", "xor"];
        const WIDE: &[&str] =
            &["add", "sub", "mul", "shl", "lshr", "ashr", "udiv.chk0", "urem.chk0"];
        const SAME: &[&str] = &[
            "icmp_eq", "icmp_ne", "scmp_lt", "scmp_le", "scmp_gt", "scmp_ge", "ucmp_lt", "ucmp_le",
            "ucmp_gt", "ucmp_ge",
        ];
        const FLOAT: &[&str] = &["fadd", "fsub", "fmul", "fdiv"];
        const FLOAT_SAME: &[&str] = &[
            "fcmp_eq", "fcmp_ne", "fcmp_lt", "fcmp_le", "fcmp_gt", "fcmp_ge", "fcmp_ord",
            "fcmp_uno",
        ];
        const ORDERS: &[&str] = &["relaxed", "seq_cst"];
        match self.entropy.below(if self.threads { 30 } else { 25 }) {
            0..=3 => {
                let ty = *self.entropy.pick(&[I64, I32, I16]);
                let (a, b) = (self.operand(ty, scope), self.operand(ty, scope));
                let op = *self.entropy.pick(WIDTH);
                self.define(ty, &format!("{op} {a}, {b}"), lines, scope);
            }
            4 => {
                let (a, b) = (self.operand(I64, scope), self.operand(I64, scope));
                let op = *self.entropy.pick(WIDE);
                self.define(I64, &format!("{op} {a}, {b}"), lines, scope);
            }
            5 | 6 => {
                let ty = *self.entropy.pick(&[I64, I32, I16, I1, Ptr]);
                let Some(a) = scope.iter().rev().find(|value| value.ty == ty) else { return };
                let (a, b) = (a.name.clone(), self.operand(ty, scope));
                let op = *self.entropy.pick(SAME);
                self.define(I1, &format!("{op} {a}, {b}"), lines, scope);
            }
            7 => {
                let (a, b) = (self.operand(F64, scope), self.operand(F64, scope));
                let op = *self.entropy.pick(FLOAT);
                self.define(F64, &format!("{op} {a}, {b}"), lines, scope);
            }
            8 => {
                let (a, b) = (self.operand(F64, scope), self.operand(F64, scope));
                let op = *self.entropy.pick(FLOAT_SAME);
                self.define(I1, &format!("{op} {a}, {b}"), lines, scope);
            }
            9 => {
                let op = *self.entropy.pick(&["cast.si_to_fp", "cast.ui_to_fp", "sitofp"]);
                let a = self.operand(I64, scope);
                self.define(F64, &format!("{op} {a}"), lines, scope);
            }
            10 => {
                let ops = ["cast.fp_to_si.rte.chk", "cast.fp_to_ui.rte.chk", "fptosi"];
                let (op, a) = (*self.entropy.pick(&ops), self.operand(F64, scope));
                self.define(I64, &format!("{op} {a}"), lines, scope);
            }
            11 => {
                let op = *self.entropy.pick(&["cast.si_narrow.chk", "cast.ui_narrow.chk"]);
                let (ty, a) = (*self.entropy.pick(&[I32, I16]), self.operand(I64, scope));
                self.define(ty, &format!("{op} {a}"), lines, scope);
            }
            12 => {
                if self.entropy.once_in(2) {
                    let a = self.operand(I64, scope);
                    self.define(I1, &format!("trunc1 {a}"), lines, scope);
                } else {
                    let a = self.operand(I1, scope);
                    self.define(I64, &format!("zext1 {a}"), lines, scope);
                }
            }
            13 => {
                let ty = *self.entropy.pick(&STORED);
                let c = self.operand(I1, scope);
                let (a, b) = (self.value(ty, lines, scope), self.value(ty, lines, scope));
                self.define(ty, &format!("select {}, {c}, {a}, {b}", ty.name()), lines, scope);
            }
            14 => {
                let (a, b, c) =
                    (self.operand(I64, scope), self.operand(I64, scope), self.operand(I64, scope));
                self.define(I64, &format!("idx.chk {a}, {b}, {c}"), lines, scope);
            }
            15 => {
                let size = *self.entropy.pick(&["8", "16", "1", "0", "8", "24", "400", "640"]);
                let size = match self.entropy.below(8) {
                    7 => self.operand(I64, scope),
                    _ => size.to_owned(),
                };
                let size = if size.starts_with('-') { "24".into() } else { size };
                self.define(Ptr, &format!("alloca {size}"), lines, scope);
            }
            16 => {
                let global = *self.entropy.pick(&["count", "small", "nowhere"]);
                self.define(Ptr, &format!("gaddr @{global}"), lines, scope);
            }
            17 => {
                let a = self.pointer(lines, scope);
                let by = *self.entropy.pick(&[
                    "8",
                    "0",
                    "-8",
                    "16",
                    "1",
                    "4",
                    "1099511627776",
                    "8",
                    "0",
                    "8",
                    "16",
                ]);
                let by =
                    if self.entropy.once_in(12) { self.operand(I64, scope) } else { by.into() };
                self.define(Ptr, &format!("gep {a}, {by}"), lines, scope);
            }
            18 => {
                let ty = *self.entropy.pick(&STORED);
                let a = self.pointer(lines, scope);
                self.define(ty, &format!("load {}, {a}", ty.name()), lines, scope);
            }
            19 => {
                let ty = *self.entropy.pick(&STORED);
                let a = self.pointer(lines, scope);
                let b = self.value(ty, lines, scope);
                lines.push(format!("store {}, {a}, {b}", ty.name()));
            }
            20 => match self.entropy.below(4) {
                0 => {
                    let a = self.pointer(lines, scope);
                    let order = *self.entropy.pick(ORDERS);
                    self.define(I64, &format!("atomic.load i64, {a}, {order}"), lines, scope);
                }
                1 => {
                    let (a, b) = (self.pointer(lines, scope), self.operand(I64, scope));
                    lines
                        .push(format!("atomic.store i64, {a}, {b}, {}", self.entropy.pick(ORDERS)));
                }
                2 => {
                    let ops = ["add", "sub", "and", "or", "xor", "xchg", "min", "max"];
                    let op = *self.entropy.pick(&ops);
                    let (a, b) = (self.pointer(lines, scope), self.operand(I64, scope));
                    let order = *self.entropy.pick(&["relaxed", "acquire", "release", "acq_rel"]);
                    self.define(
                        I64,
                        &format!("atomic.rmw {op} i64, {a}, {b}, {order}"),
                        lines,
                        scope,
                    );
                }
                _ => {
                    let a = self.pointer(lines, scope);
                    let (b, c) = (self.operand(I64, scope), self.operand(I64, scope));
                    let op = format!("atomic.cas i64, {a}, {b}, {c}, acq_rel, acquire");
                    self.define(I64, &op, lines, scope);
                }
            },
            21 => match self.entropy.below(3) {
                0 => {
                    let error = self.value(Error, lines, scope);
                    let fields = [
                        ("err.get_kind", I32),
                        ("err.get_code", I32),
                        ("err.get_ip", I64),
                        ("err.get_line", I32),
                        ("err.get_msg", Str),
                    ];
                    let (op, ty) = *self.entropy.pick(&fields);
                    self.define(ty, &format!("{op} {error}"), lines, scope);
                }
                1 => self.define(I64, "trap.kind", lines, scope),
                _ => {
                    let error = self.value(Error, lines, scope);
                    self.define(I64, &format!("trap.kind {error}"), lines, scope);
                }
            },
            22 => self.observe(lines, scope),
            23 => {
                let (name, params, result) = *self.entropy.pick(EXTERNS);
                self.call_extern(name, params, result, lines, scope);
            }
            24 => self.call(lines, scope),
            25 => {
                let name = *self.entropy.pick(TIMED);
                let (a, ms) = (self.operand(Ptr, scope), *self.entropy.pick(&["0", "1", "-1"]));
                self.define(I1, &format!("call @{name}({a}, {ms})"), lines, scope);
            }
            26 | 27 => {
                // Only `@f1` is an entry, if it is there; others are refused.
                let name = *self.entropy.pick(&["Start", "StartSafe"]);
                let entry = self.signatures.get(1).unwrap_or(&self.signatures[0]).name.clone();
                let argument = self.operand(Ptr, scope);
                let call = format!("call @Viper.Threads.Thread.{name}(@{entry}, {argument})");
                self.define(Ptr, &call, lines, scope);
            }
            _ => {
                let (name, params, result) = *self.entropy.pick(THREAD_EXTERNS);
                self.call_extern(name, params, result, lines, scope);
            }
        }
    }

    /// Prints a value, so that it matters what it is.
    pub(super) fn observe(&mut self, lines: &mut Vec<String>, scope: &mut Vec<Value>) {
        if scope.is_empty() {
            return;
        }
        let value = self.entropy.pick(scope).clone();
        let number = match value.ty {
            I64 => value.name,
            I1 => {
                self.define(I64, &format!("zext1 {}", value.name), lines, scope);
                scope.last().expect("just defined").name.clone()
            }
            Str => return lines.push(format!("call @Viper.Terminal.PrintStr({})", value.name)),
            Token => return,
            Error => {
                let field = *self.entropy.pick(&["code", "kind", "line"]);
                self.define(I32, &format!("err.get_{field} {}", value.name), lines, scope);
                return;
            }
            ty => {
                // Its word, by way of memory.
                let at = self.fresh(Ptr).name;
                lines.push(format!("{at} = gaddr @nowhere"));
                lines.push(format!("store {}, {at}, {}", ty.name(), value.name));
                self.define(I64, &format!("load i64, {at}"), lines, scope);
                scope.last().expect("just defined").name.clone()
            }
        };
        lines.push(format!("call @Viper.Terminal.SayInt({number})"));
    }

    fn call_extern(
        &mut self,
        name: &str,
        params: &[Ty],
        result: Option<Ty>,
        lines: &mut Vec<String>,
        scope: &mut Vec<Value>,
    ) {
        let args: Vec<String> = params.iter().map(|&ty| self.value(ty, lines, scope)).collect();
        let call = format!("call @{name}({})", args.join(", "));
        match result {
            Some(ty) if !self.entropy.once_in(5) => self.define(ty, &call, lines, scope),
            _ => lines.push(call),
        }
    }

    fn call(&mut self, lines: &mut Vec<String>, scope: &mut Vec<Value>) {
        let signature = self.entropy.pick(self.signatures).clone();
        let args: Vec<String> =
            signature.params.iter().map(|&ty| self.value(ty, lines, scope)).collect();
        let args = args.join(", ");
        let call = if self.entropy.once_in(3) {
            let params: Vec<&str> = signature.params.iter().map(|ty| ty.name()).collect();
            let result = signature.result.map_or("void", Ty::name);
            let pointers: Vec<&Value> = scope.iter().filter(|value| value.ty == Ptr).collect();
            let pointer = if pointers.is_empty() || self.entropy.once_in(2) {
                let value = self.fresh(Ptr);
                lines.push(format!("{} = addr_of @{}", value.name, signature.name));
                scope.push(value.clone());
                value.name
            } else {
                self.entropy.pick(&pointers).name.clone()
            };
            format!("call.indirect [{result}({})] {pointer}({args})", params.join(", "))
        } else {
            format!("call @{}({args})", signature.name)
        };
        match signature.result {
            Some(ty) if !self.entropy.once_in(5) => self.define(ty, &call, lines, scope),
            _ => lines.push(call),
        }
    }
}
