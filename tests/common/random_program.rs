//! Small random programs with threads, for comparing searches: everything that threads can do to
//! each other, in few steps.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::fmt::Write as _;

/// A generator of numbers; the same seed gives the same program.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn one_of<'t>(&mut self, choices: &[&'t str]) -> &'t str {
        choices[self.below(choices.len() as u64) as usize]
    }
}

const PRELUDE: &str = "il 0.3.0
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Terminal.SayInt(i64) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.StartSafe(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.TryJoin(ptr) -> i1
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.TryEnter(ptr) -> i1
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Monitor.Wait(ptr) -> void
extern @Viper.Threads.Monitor.WaitFor(ptr, i64) -> i1
extern @Viper.Threads.Monitor.Pause(ptr) -> void
extern @Viper.Threads.Monitor.PauseAll(ptr) -> void
global const str @.wrong = \"wrong\"
global i64 @x = 0
global i64 @y = 0
global i64 @m = 0
global i64 @n = 0
global ptr @child = null
";

/// What programs with operations of two courses need besides.
const COURSES: &str = "extern @Drawloom.MayFail() -> i1
extern @Viper.Memory.Alloc(i64) -> ptr
extern @Viper.Memory.Free(ptr) -> void
global ptr @p = null
";

/// A program of two or three threads besides `main`, which starts and joins them.
pub(crate) fn random_program(seed: u64) -> String {
    program(seed, false)
}

/// The same with operations that can come out in two ways, and without `Wait`.
pub(crate) fn random_program_with_courses(seed: u64) -> String {
    program(seed, true)
}

fn program(seed: u64, has_courses: bool) -> String {
    let mut numbers = Numbers(seed);
    let workers = 2 + numbers.below(2);
    let mut text = PRELUDE.to_owned();
    if has_courses {
        text = text.replace("extern @Viper.Threads.Monitor.Wait(ptr) -> void\n", COURSES);
    }
    for worker in 0..workers {
        let mut body = Body { text: String::new(), temps: 0, blocks: 0, has_courses };
        let statements = 1 + numbers.below(if workers == 2 { 3 } else { 2 });
        for _ in 0..statements {
            body.statement(&mut numbers, worker, 0);
        }
        let _ = write!(text, "func @worker{worker}() -> void {{\nentry:\n{}  ret\n}}\n", body.text);
    }
    text.push_str("func @grandchild() -> void {\nentry:\n  %p = gaddr @y\n  atomic.store i64, %p, 9, seq_cst\n  ret\n}\n");
    text.push_str("func @main() -> i64 {\nentry:\n");
    // Workers that all do the same, and of which nobody knows the handle, can be exchanged.
    let are_kin = numbers.below(3) == 0;
    for worker in 0..workers {
        let start = if !are_kin && numbers.below(4) == 0 { "StartSafe" } else { "Start" };
        let entry = if are_kin { 0 } else { worker };
        let _ = writeln!(
            text,
            "  %t{worker} = call @Viper.Threads.Thread.{start}(@worker{entry}, null)"
        );
        if worker == 0 && !are_kin {
            text.push_str("  %c = gaddr @child\n  atomic.store ptr, %c, %t0, seq_cst\n");
        }
    }
    for worker in 0..workers {
        let _ = writeln!(text, "  call @Viper.Threads.Thread.Join(%t{worker})");
    }
    text.push_str("  %xp = gaddr @x\n  %x = atomic.load i64, %xp, seq_cst\n  ret %x\n}\n");
    text
}

struct Body {
    text: String,
    temps: u32,
    blocks: u32,
    has_courses: bool,
}

impl Body {
    fn temp(&mut self) -> String {
        self.temps += 1;
        format!("%v{}", self.temps)
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "  {line}");
    }

    fn address(&mut self, global: &str) -> String {
        let temp = self.temp();
        self.line(&format!("{temp} = gaddr @{global}"));
        temp
    }

    /// An access to a cell; the value that it read, if any.
    fn access(&mut self, numbers: &mut Numbers) -> Option<String> {
        let global = numbers.one_of(&["x", "y"]);
        let (at, value) = (self.address(global), self.temp());
        let number = numbers.below(3);
        match numbers.below(6) {
            0 => self.line(&format!("store i64, {at}, {number}")),
            1 => self.line(&format!("atomic.store i64, {at}, {number}, seq_cst")),
            2 => {
                self.line(&format!("{value} = load i64, {at}"));
                return Some(value);
            }
            3 => {
                self.line(&format!("{value} = atomic.load i64, {at}, seq_cst"));
                return Some(value);
            }
            4 => {
                self.line(&format!("{value} = atomic.rmw add i64, {at}, 1, seq_cst"));
                return Some(value);
            }
            _ => {
                self.line(&format!(
                    "{value} = atomic.cas i64, {at}, {number}, 2, seq_cst, seq_cst"
                ));
                return Some(value);
            }
        }
        None
    }

    fn statement(&mut self, numbers: &mut Numbers, worker: u64, depth: u32) {
        match numbers.below(if self.has_courses { 19 } else { 13 }) {
            0..=4 => {
                if let Some(value) = self.access(numbers) {
                    self.use_value(numbers, &value);
                }
            }
            5..=7 if depth == 0 => self.locked(numbers, worker),
            8 if depth == 0 => self.tried(numbers),
            9 if worker > 0 => {
                let (at, child, is_over) = (self.address("child"), self.temp(), self.temp());
                self.line(&format!("{child} = atomic.load ptr, {at}, seq_cst"));
                self.line(&format!("{is_over} = call @Viper.Threads.Thread.TryJoin({child})"));
                let value = self.temp();
                self.line(&format!("{value} = zext1 {is_over}"));
                self.use_value(numbers, &value);
            }
            10 if worker == 0 => {
                let child = self.temp();
                self.line(&format!(
                    "{child} = call @Viper.Threads.Thread.Start(@grandchild, null)"
                ));
            }
            11 => self.line(&format!("call @Viper.Terminal.SayInt({worker})")),
            12 => self.line("fence seq_cst"),
            13 | 14 => {
                let (fails, value) = (self.temp(), self.temp());
                self.line(&format!("{fails} = call @Drawloom.MayFail()"));
                self.line(&format!("{value} = zext1 {fails}"));
                self.use_value(numbers, &value);
            }
            15..=18 => self.allocation(numbers),
            _ => drop(self.access(numbers)),
        }
    }

    /// Memory that others may get too: whether it is where the last allocation was that somebody
    /// published.
    fn allocation(&mut self, numbers: &mut Numbers) {
        let (new, at) = (self.temp(), self.address("p"));
        self.line(&format!("{new} = call @Viper.Memory.Alloc(8)"));
        if numbers.below(2) == 0 {
            self.line(&format!("atomic.store ptr, {at}, {new}, seq_cst"));
        } else {
            let (old, is_same, value) = (self.temp(), self.temp(), self.temp());
            self.line(&format!("{old} = atomic.load ptr, {at}, seq_cst"));
            self.line(&format!("{is_same} = icmp_eq {old}, {new}"));
            self.line(&format!("{value} = zext1 {is_same}"));
            self.use_value(numbers, &value);
        }
        if numbers.below(3) != 0 {
            self.line(&format!("call @Viper.Memory.Free({new})"));
        }
    }

    fn use_value(&mut self, numbers: &mut Numbers, value: &str) {
        match numbers.below(5) {
            0 => self.line(&format!("call @Viper.Terminal.SayInt({value})")),
            1 => {
                let (is_right, message) = (self.temp(), self.temp());
                self.line(&format!("{is_right} = icmp_ne {value}, 2"));
                self.line(&format!("{message} = const_str @.wrong"));
                self.line(&format!("call @Viper.Core.Diagnostics.Assert({is_right}, {message})"));
            }
            _ => {
                let at = self.address("y");
                self.line(&format!("atomic.store i64, {at}, {value}, seq_cst"));
            }
        }
    }

    fn locked(&mut self, numbers: &mut Numbers, worker: u64) {
        let monitor = numbers.one_of(&["m", "m", "n"]);
        let monitor = self.address(monitor);
        self.line(&format!("call @Viper.Threads.Monitor.Enter({monitor})"));
        match numbers.below(6) {
            0 => self.line(&format!("call @Viper.Threads.Monitor.Pause({monitor})")),
            1 => self.line(&format!("call @Viper.Threads.Monitor.PauseAll({monitor})")),
            2 if worker == 1 && !self.has_courses => {
                self.line(&format!("call @Viper.Threads.Monitor.Wait({monitor})"));
            }
            2 | 3 => {
                let (notified, value) = (self.temp(), self.temp());
                self.line(&format!(
                    "{notified} = call @Viper.Threads.Monitor.WaitFor({monitor}, 5)"
                ));
                self.line(&format!("{value} = zext1 {notified}"));
                self.use_value(numbers, &value);
            }
            _ => self.statement(numbers, worker, 1),
        }
        self.line(&format!("call @Viper.Threads.Monitor.Exit({monitor})"));
    }

    fn tried(&mut self, numbers: &mut Numbers) {
        let monitor = self.address("m");
        let entered = self.temp();
        self.blocks += 1;
        let number = self.blocks;
        self.line(&format!("{entered} = call @Viper.Threads.Monitor.TryEnter({monitor})"));
        self.line(&format!("cbr {entered}, ^inside{number}, ^after{number}"));
        let _ = writeln!(self.text, "inside{number}:");
        drop(self.access(numbers));
        let again = self.address("m");
        self.line(&format!("call @Viper.Threads.Monitor.Exit({again})"));
        self.line(&format!("br ^after{number}"));
        let _ = writeln!(self.text, "after{number}:");
    }
}
