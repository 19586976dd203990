//! Small programs with monitors, waits, prints and nested starts, by chance.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::fmt::Write;

use super::entropy::Entropy;

const EXTERNS: &str = "il 0.3.0
extern @Viper.Terminal.SayInt(i64) -> void
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Monitor.TryEnter(ptr) -> i1
extern @Viper.Threads.Monitor.Wait(ptr) -> void
extern @Viper.Threads.Monitor.WaitFor(ptr, i64) -> i1
extern @Viper.Threads.Monitor.Pause(ptr) -> void
extern @Viper.Threads.Monitor.PauseAll(ptr) -> void
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.TryJoin(ptr) -> i1
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.Yield() -> void
global i64 @a = 0
global i64 @b = 0
global i64 @x = 0
global i64 @y = 0
";

/// A program's text, and what it makes use of.
#[derive(Clone, Debug)]
pub(crate) struct MonitorProgram {
    pub(crate) text: String,
    pub(crate) has_timed_waits: bool,
}

struct Writer<'e, 'n> {
    entropy: &'e mut Entropy<'n>,
    body: String,
    names: usize,
    has_timed_waits: bool,
    with_timed_waits: bool,
}

impl Writer<'_, '_> {
    fn line(&mut self, line: &str) {
        writeln!(self.body, "  {line}").expect("a string takes all");
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("%n{}", self.names)
    }

    fn access(&mut self) {
        let at = *self.entropy.pick(&["%x", "%y"]);
        match self.entropy.below(5) {
            0 | 1 => {
                let (old, new) = (self.name(), self.name());
                self.line(&format!("{old} = load i64, {at}"));
                self.line(&format!("{new} = iadd.ovf {old}, 1"));
                self.line(&format!("store i64, {at}, {new}"));
            }
            2 => {
                let word = 1 + self.entropy.below(3);
                self.line(&format!("atomic.store i64, {at}, {word}, seq_cst"));
            }
            3 => {
                let old = self.name();
                self.line(&format!("{old} = atomic.rmw add i64, {at}, 1, seq_cst"));
            }
            _ => {
                let old = self.name();
                self.line(&format!("{old} = atomic.load i64, {at}, seq_cst"));
                self.line(&format!("call @Viper.Terminal.SayInt({old})"));
            }
        }
    }

    fn section(&mut self, depth: usize) {
        let monitor = *self.entropy.pick(&["%a", "%b"]);
        self.line(&format!("call @Viper.Threads.Monitor.Enter({monitor})"));
        for _ in 0..=self.entropy.below(2) {
            match self.entropy.below(9) {
                0..=3 => self.access(),
                4 => self.line(&format!("call @Viper.Threads.Monitor.Pause({monitor})")),
                5 => self.line(&format!("call @Viper.Threads.Monitor.PauseAll({monitor})")),
                6 => self.line(&format!("call @Viper.Threads.Monitor.Wait({monitor})")),
                7 if self.with_timed_waits => {
                    let came = self.name();
                    self.has_timed_waits = true;
                    self.line(&format!(
                        "{came} = call @Viper.Threads.Monitor.WaitFor({monitor}, 5)"
                    ));
                    let word = self.name();
                    self.line(&format!("{word} = zext1 {came}"));
                    self.line(&format!("call @Viper.Terminal.SayInt({word})"));
                }
                _ if depth < 2 => self.section(depth + 1),
                _ => self.access(),
            }
        }
        self.line(&format!("call @Viper.Threads.Monitor.Exit({monitor})"));
    }

    fn thread(&mut self) {
        for _ in 0..=self.entropy.below(2) {
            match self.entropy.below(8) {
                0..=4 => self.section(0),
                5 => {
                    let (taken, word) = (self.name(), self.name());
                    let monitor = *self.entropy.pick(&["%a", "%b"]);
                    let label = self.names;
                    self.line(&format!(
                        "{taken} = call @Viper.Threads.Monitor.TryEnter({monitor})"
                    ));
                    self.line(&format!("{word} = zext1 {taken}"));
                    self.line(&format!("cbr {taken}, ^yes{label}, ^no{label}"));
                    writeln!(self.body, "yes{label}:").expect("as above");
                    self.access();
                    self.line(&format!("call @Viper.Threads.Monitor.Exit({monitor})"));
                    self.line(&format!("br ^no{label}"));
                    writeln!(self.body, "no{label}:").expect("as above");
                }
                _ => self.access(),
            }
        }
    }
}

impl MonitorProgram {
    /// Two or three threads with one or two sections each.
    pub(crate) fn by_chance(numbers: &[u32], with_timed_waits: bool) -> Self {
        let mut entropy = Entropy::new(numbers);
        let count = 2 + entropy.below(2);
        let is_nested = entropy.once_in(4);
        let mut text = EXTERNS.to_owned();
        let mut has_timed_waits = false;
        let globals = "  %a = gaddr @a\n  %b = gaddr @b\n  %x = gaddr @x\n  %y = gaddr @y\n";
        for thread in 0..count {
            let mut writer = Writer {
                entropy: &mut entropy,
                body: String::new(),
                names: 0,
                has_timed_waits: false,
                with_timed_waits,
            };
            writer.thread();
            has_timed_waits |= writer.has_timed_waits;
            let start = match thread {
                0 if is_nested => "  %c = call @Viper.Threads.Thread.Start(@t1, null)\n",
                _ => "",
            };
            let body = writer.body;
            write!(text, "func @t{thread}() -> void {{\nentry:\n{globals}{start}{body}  ret\n}}\n")
                .expect("as above");
        }
        text.push_str("func @main() -> i64 {\nentry:\n");
        let started: Vec<usize> = (0..count).filter(|&it| !is_nested || it != 1).collect();
        for thread in &started {
            writeln!(text, "  %h{thread} = call @Viper.Threads.Thread.Start(@t{thread}, null)")
                .expect("as above");
        }
        for thread in &started {
            writeln!(text, "  call @Viper.Threads.Thread.Join(%h{thread})").expect("as above");
        }
        if !is_nested {
            for name in ["x", "y"] {
                write!(text, "  %{name} = gaddr @{name}\n  %{name}v = load i64, %{name}\n")
                    .expect("as above");
                writeln!(text, "  call @Viper.Terminal.SayInt(%{name}v)").expect("as above");
            }
        }
        text.push_str("  ret 0\n}\n");
        MonitorProgram { text, has_timed_waits }
    }
}
