//! Programs that use monitors without any order, by chance: threads enter, try, wait, notify and exit as they
//! come, and also where that is an error or leaves a monitor with a thread that has ended.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::fmt::Write;

use super::entropy::Entropy;

const EXTERNS: &str = "il 0.3.0
extern @Viper.Terminal.SayInt(i64) -> void
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Monitor.TryEnter(ptr) -> i1
extern @Viper.Threads.Monitor.TryEnterFor(ptr, i64) -> i1
extern @Viper.Threads.Monitor.Wait(ptr) -> void
extern @Viper.Threads.Monitor.Pause(ptr) -> void
extern @Viper.Threads.Monitor.PauseAll(ptr) -> void
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.StartSafe(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.HasError(ptr) -> i1
global i64 @a = 0
global i64 @b = 0
global i64 @x = 0
";

/// What a thread does at once with a monitor. A thread that owns one does it mostly with that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Enter,
    Exit,
    Try,
    TryFor,
    Wait,
    Notify,
    NotifyAll,
    Count,
}

const WORDS: [Word; 14] = [
    Word::Enter,
    Word::Enter,
    Word::Enter,
    Word::Exit,
    Word::Exit,
    Word::Try,
    Word::TryFor,
    Word::Wait,
    Word::Wait,
    Word::Notify,
    Word::Notify,
    Word::NotifyAll,
    Word::Count,
    Word::Count,
];

/// The body of a thread: so many words, and as many exits as it has entered, unless it forgets them.
fn body(entropy: &mut Entropy<'_>) -> String {
    let mut body = String::from("  %a = gaddr @a\n  %b = gaddr @b\n  %x = gaddr @x\n");
    let mut entered: Vec<&str> = Vec::new();
    let mut line = |text: String| writeln!(body, "  {text}").expect("a string takes all");
    for number in 0..2 + entropy.below(3) {
        let any = *entropy.pick(&["%a", "%a", "%a", "%b"]);
        let is_own = !entropy.once_in(12);
        let monitor = entered.last().copied().filter(|_| is_own).unwrap_or(any);
        let word = *entropy.pick(&WORDS);
        let needs_owner = matches!(word, Word::Exit | Word::Wait | Word::Notify | Word::NotifyAll);
        let word = if needs_owner && entered.is_empty() && is_own { Word::Enter } else { word };
        let call = |name: &str| format!("call @Viper.Threads.Monitor.{name}({monitor})");
        match word {
            Word::Enter => {
                entered.push(any);
                line(format!("call @Viper.Threads.Monitor.Enter({any})"));
            }
            Word::Exit => {
                entered.retain(|it| *it != monitor);
                line(call("Exit"));
            }
            Word::Wait => line(call("Wait")),
            Word::Notify => line(call("Pause")),
            Word::NotifyAll => line(call("PauseAll")),
            Word::Try | Word::TryFor => {
                let (name, more) =
                    if word == Word::Try { ("TryEnter", "") } else { ("TryEnterFor", ", 5") };
                line(format!("%t{number} = call @Viper.Threads.Monitor.{name}({any}{more})"));
                line(format!("%w{number} = zext1 %t{number}"));
                line(format!("call @Viper.Terminal.SayInt(%w{number})"));
                line(format!("cbr %t{number}, ^yes{number}, ^no{number}\nyes{number}:"));
                line(format!("call @Viper.Threads.Monitor.Exit({any})"));
                line(format!("br ^no{number}\nno{number}:"));
            }
            Word::Count => {
                line(format!("%o{number} = load i64, %x"));
                line(format!("%n{number} = iadd.ovf %o{number}, 1"));
                line(format!("store i64, %x, %n{number}"));
            }
        }
    }
    if !entropy.once_in(6) {
        for monitor in entered.iter().rev() {
            line(format!("call @Viper.Threads.Monitor.Exit({monitor})"));
        }
    }
    body
}

/// Two or three threads. One of them may keep its trap for main, which asks for it.
pub(crate) fn program_by_chance(numbers: &[u32]) -> String {
    let mut entropy = Entropy::new(numbers);
    let threads = 2 + entropy.below(2);
    let is_safe = entropy.once_in(3);
    let mut text = EXTERNS.to_owned();
    for thread in 0..threads {
        let body = body(&mut entropy);
        writeln!(text, "func @t{thread}() -> void {{\nentry:\n{body}  ret\n}}").expect("as above");
    }
    text.push_str("func @main() -> i64 {\nentry:\n");
    for thread in 0..threads {
        let start = if is_safe && thread == 0 { "StartSafe" } else { "Start" };
        writeln!(text, "  %h{thread} = call @Viper.Threads.Thread.{start}(@t{thread}, null)")
            .expect("as above");
    }
    for thread in 0..threads {
        writeln!(text, "  call @Viper.Threads.Thread.Join(%h{thread})").expect("as above");
    }
    if is_safe {
        text.push_str(
            "  %e = call @Viper.Threads.Thread.HasError(%h0)
  %w = zext1 %e\n  call @Viper.Terminal.SayInt(%w)\n",
        );
    }
    text.push_str("  %x = gaddr @x\n  %v = load i64, %x\n");
    text.push_str("  call @Viper.Terminal.SayInt(%v)\n  ret 0\n}\n");
    text
}
