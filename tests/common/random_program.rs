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

/// What programs with shared objects need besides; `main` makes the objects.
const OBJECTS: &str = "extern @Viper.Threads.Gate.New(i64) -> ptr
extern @Viper.Threads.Gate.Enter(ptr) -> void
extern @Viper.Threads.Gate.TryEnter(ptr) -> i1
extern @Viper.Threads.Gate.TryEnterFor(ptr, i64) -> i1
extern @Viper.Threads.Gate.Leave(ptr) -> void
extern @Viper.Threads.Gate.LeaveMany(ptr, i64) -> void
extern @Viper.Threads.Gate.Permits(ptr) -> i64
extern @Viper.Threads.Barrier.New(i64) -> ptr
extern @Viper.Threads.Barrier.Arrive(ptr) -> i64
extern @Viper.Threads.Barrier.Waiting(ptr) -> i64
extern @Viper.Threads.RwLock.New() -> ptr
extern @Viper.Threads.RwLock.ReadEnter(ptr) -> void
extern @Viper.Threads.RwLock.TryReadEnter(ptr) -> i1
extern @Viper.Threads.RwLock.ReadExit(ptr) -> void
extern @Viper.Threads.RwLock.WriteEnter(ptr) -> void
extern @Viper.Threads.RwLock.TryWriteEnter(ptr) -> i1
extern @Viper.Threads.RwLock.WriteExit(ptr) -> void
extern @Viper.Threads.RwLock.Readers(ptr) -> i64
extern @Viper.Threads.ConcurrentQueue.New() -> ptr
extern @Viper.Threads.ConcurrentQueue.Enqueue(ptr, ptr) -> void
extern @Viper.Threads.ConcurrentQueue.Dequeue(ptr) -> ptr
extern @Viper.Threads.ConcurrentQueue.DequeueTimeout(ptr, i64) -> ptr
extern @Viper.Threads.ConcurrentQueue.Count(ptr) -> i64
extern @Viper.Threads.ConcurrentQueue.Close(ptr) -> void
extern @Viper.Threads.Channel.New(i64) -> ptr
extern @Viper.Threads.Channel.Send(ptr, ptr) -> void
extern @Viper.Threads.Channel.SendFor(ptr, ptr, i64) -> i1
extern @Viper.Threads.Channel.TrySend(ptr, ptr) -> i1
extern @Viper.Threads.Channel.Recv(ptr) -> ptr
extern @Viper.Threads.Channel.RecvFor(ptr, i64) -> ptr
extern @Viper.Threads.Channel.Count(ptr) -> i64
extern @Viper.Threads.Promise.New() -> ptr
extern @Viper.Threads.Promise.Set(ptr, ptr) -> void
extern @Viper.Threads.Future.Get(ptr) -> ptr
extern @Viper.Threads.Future.WaitFor(ptr, i64) -> i1
extern @Drawloom.Mutex.New() -> ptr
extern @Drawloom.Mutex.Lock(ptr) -> void
extern @Drawloom.Mutex.Unlock(ptr) -> void
extern @Drawloom.Condition.New() -> ptr
extern @Drawloom.Condition.Wait(ptr, ptr) -> void
extern @Drawloom.Condition.WaitFor(ptr, ptr, i64) -> i1
extern @Drawloom.Condition.NotifyOne(ptr) -> void
extern @Drawloom.Condition.NotifyAll(ptr) -> void
extern @Drawloom.Parker.New() -> ptr
extern @Drawloom.Parker.Park(ptr) -> void
extern @Drawloom.Parker.ParkFor(ptr, i64) -> i1
extern @Drawloom.Parker.Unpark(ptr) -> void
global ptr @gate = null
global ptr @barrier = null
global ptr @lock = null
global ptr @queue = null
global ptr @channel = null
global ptr @promise = null
global ptr @mutex = null
global ptr @condition = null
global ptr @parker = null
";

/// What a program may have besides accesses, monitors and threads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavour {
    Plain,
    /// Operations that can come out in two ways; no `Wait`.
    Courses,
    /// Shared objects.
    Objects,
}

/// A program of two or three threads besides `main`, which starts and joins them.
pub(crate) fn random_program(seed: u64) -> String {
    program(seed, Flavour::Plain)
}

/// The same with operations that can come out in two ways, and without `Wait`.
pub(crate) fn random_program_with_courses(seed: u64) -> String {
    program(seed, Flavour::Courses)
}

/// The same with gates, barriers and reader-writer locks.
pub(crate) fn random_program_with_objects(seed: u64) -> String {
    program(seed, Flavour::Objects)
}

fn program(seed: u64, flavour: Flavour) -> String {
    let mut numbers = Numbers(seed);
    let workers = 2 + numbers.below(2);
    let mut text = PRELUDE.to_owned();
    if flavour == Flavour::Objects {
        text.push_str(OBJECTS);
    }
    if flavour == Flavour::Courses {
        text = text.replace("extern @Viper.Threads.Monitor.Wait(ptr) -> void\n", COURSES);
    }
    for worker in 0..workers {
        let mut body = Body { text: String::new(), temps: 0, blocks: 0, flavour };
        let statements = 1 + numbers.below(if workers == 2 { 3 } else { 2 });
        for _ in 0..statements {
            body.statement(&mut numbers, worker, 0);
        }
        let _ = write!(text, "func @worker{worker}() -> void {{\nentry:\n{}  ret\n}}\n", body.text);
    }
    text.push_str("func @grandchild() -> void {\nentry:\n  %p = gaddr @y\n  atomic.store i64, %p, 9, seq_cst\n  ret\n}\n");
    text.push_str("func @main() -> i64 {\nentry:\n");
    if flavour == Flavour::Objects {
        let (permits, capacity) = (numbers.below(2), numbers.below(2));
        for (global, made) in [
            ("gate", format!("Viper.Threads.Gate.New({permits})")),
            ("barrier", "Viper.Threads.Barrier.New(2)".into()),
            ("lock", "Viper.Threads.RwLock.New()".into()),
            ("queue", "Viper.Threads.ConcurrentQueue.New()".into()),
            ("channel", format!("Viper.Threads.Channel.New({capacity})")),
            ("promise", "Viper.Threads.Promise.New()".into()),
            ("mutex", "Drawloom.Mutex.New()".into()),
            ("condition", "Drawloom.Condition.New()".into()),
            ("parker", "Drawloom.Parker.New()".into()),
        ] {
            // What no thread uses is only in the way.
            if text.contains(&format!("gaddr @{global}\n")) {
                let _ = writeln!(
                    text,
                    "  %{global} = gaddr @{global}\n  %{global}_new = call @{made}
  store ptr, %{global}, %{global}_new"
                );
            }
        }
    }
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
    flavour: Flavour,
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
        let choices = match self.flavour {
            Flavour::Courses => 19,
            Flavour::Objects if numbers.below(3) > 0 => return self.object(numbers),
            Flavour::Plain | Flavour::Objects => 13,
        };
        match numbers.below(choices) {
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

    fn call(&mut self, function: &str, arguments: &str) {
        self.line(&format!("call @{function}({arguments})"));
    }

    /// Calls a function that answers an integer.
    fn ask(&mut self, numbers: &mut Numbers, function: &str, arguments: &str) {
        let value = self.temp();
        self.line(&format!("{value} = call @{function}({arguments})"));
        self.use_value(numbers, &value);
    }

    /// Calls a function that answers whether something is so.
    fn ask_whether(&mut self, numbers: &mut Numbers, function: &str, arguments: &str) {
        let (is, value) = (self.temp(), self.temp());
        self.line(&format!("{is} = call @{function}({arguments})"));
        self.line(&format!("{value} = zext1 {is}"));
        self.use_value(numbers, &value);
    }

    /// Calls a function that answers an object; whether it is null.
    fn take(&mut self, numbers: &mut Numbers, function: &str, arguments: &str) {
        let (item, is, value) = (self.temp(), self.temp(), self.temp());
        self.line(&format!("{item} = call @{function}({arguments})"));
        self.line(&format!("{is} = icmp_eq {item}, null"));
        self.line(&format!("{value} = zext1 {is}"));
        self.use_value(numbers, &value);
    }

    /// Does something, and something else in between.
    fn between(&mut self, numbers: &mut Numbers, object: &str, [enter, exit]: [&str; 2]) {
        self.call(enter, object);
        drop(self.access(numbers));
        self.call(exit, object);
    }

    /// Tries something, and undoes it.
    fn tries(&mut self, numbers: &mut Numbers, [enter, exit]: [&str; 2]) {
        let entered = self.temp();
        self.blocks += 1;
        let number = self.blocks;
        self.line(&format!("{entered} = call @{enter}"));
        self.line(&format!("cbr {entered}, ^inside{number}, ^after{number}"));
        let _ = writeln!(self.text, "inside{number}:");
        drop(self.access(numbers));
        self.line(&format!("call @{exit}"));
        self.line(&format!("br ^after{number}"));
        let _ = writeln!(self.text, "after{number}:");
    }

    /// The object that a global leads to.
    fn object_at(&mut self, global: &str) -> String {
        let (at, object) = (self.address(global), self.temp());
        self.line(&format!("{object} = load ptr, {at}"));
        object
    }

    fn object(&mut self, numbers: &mut Numbers) {
        let number = numbers.below(6);
        match numbers.below(9) {
            0 | 1 => self.gate(numbers, number),
            2 | 3 => self.rwlock(numbers, number),
            4 => {
                let object = self.object_at("barrier");
                let function = if number == 0 { "Waiting" } else { "Arrive" };
                self.ask(numbers, &format!("Viper.Threads.Barrier.{function}"), &object);
            }
            5 => self.queue(numbers, number),
            6 => self.channel(numbers, number),
            7 => {
                let object = self.object_at("promise");
                match number {
                    0 | 1 => self.call("Viper.Threads.Promise.Set", &format!("{object}, {object}")),
                    2 => {
                        let arguments = format!("{object}, 5");
                        self.ask_whether(numbers, "Viper.Threads.Future.WaitFor", &arguments);
                    }
                    _ => self.take(numbers, "Viper.Threads.Future.Get", &object),
                }
            }
            _ => self.own(numbers, number),
        }
    }

    fn gate(&mut self, numbers: &mut Numbers, number: u64) {
        let object = self.object_at("gate");
        match number {
            0 => self.call("Viper.Threads.Gate.Enter", &object),
            1 => {
                let ways = ["Viper.Threads.Gate.Enter", "Viper.Threads.Gate.Leave"];
                self.between(numbers, &object, ways);
            }
            2 => self.call("Viper.Threads.Gate.Leave", &object),
            3 => self.call("Viper.Threads.Gate.LeaveMany", &format!("{object}, 2")),
            4 => self.ask(numbers, "Viper.Threads.Gate.Permits", &object),
            _ => {
                let enter = ["TryEnter(%O)", "TryEnterFor(%O, 5)"][numbers.below(2) as usize];
                let enter = format!("Viper.Threads.Gate.{}", enter.replace("%O", &object));
                self.tries(numbers, [&enter, &format!("Viper.Threads.Gate.Leave({object})")]);
            }
        }
    }

    fn rwlock(&mut self, numbers: &mut Numbers, number: u64) {
        let object = self.object_at("lock");
        let read = ["Viper.Threads.RwLock.ReadEnter", "Viper.Threads.RwLock.ReadExit"];
        let write = ["Viper.Threads.RwLock.WriteEnter", "Viper.Threads.RwLock.WriteExit"];
        match number {
            0 => self.ask(numbers, "Viper.Threads.RwLock.Readers", &object),
            1 => {
                self.call(read[0], &object);
                self.between(numbers, &object, read);
                self.call(read[1], &object);
            }
            2 => self.between(numbers, &object, read),
            3 => self.between(numbers, &object, write),
            _ => {
                let way = numbers.one_of(&["Read", "Write"]);
                let enter = format!("Viper.Threads.RwLock.Try{way}Enter({object})");
                self.tries(numbers, [&enter, &format!("Viper.Threads.RwLock.{way}Exit({object})")]);
            }
        }
    }

    fn queue(&mut self, numbers: &mut Numbers, number: u64) {
        const CLASS: &str = "Viper.Threads.ConcurrentQueue";
        let object = self.object_at("queue");
        match number {
            0 | 1 => self.call(&format!("{CLASS}.Enqueue"), &format!("{object}, {object}")),
            2 => self.take(numbers, &format!("{CLASS}.Dequeue"), &object),
            3 => self.take(numbers, &format!("{CLASS}.DequeueTimeout"), &format!("{object}, 5")),
            4 => self.ask(numbers, &format!("{CLASS}.Count"), &object),
            _ => self.call(&format!("{CLASS}.Close"), &object),
        }
    }

    fn channel(&mut self, numbers: &mut Numbers, number: u64) {
        const CLASS: &str = "Viper.Threads.Channel";
        let object = self.object_at("channel");
        match number {
            0 | 1 => self.call(&format!("{CLASS}.Send"), &format!("{object}, {object}")),
            2 => self.take(numbers, &format!("{CLASS}.Recv"), &object),
            3 => self.take(numbers, &format!("{CLASS}.RecvFor"), &format!("{object}, 5")),
            4 => {
                let arguments = format!("{object}, {object}, 5");
                self.ask_whether(numbers, &format!("{CLASS}.SendFor"), &arguments);
            }
            _ => {
                let arguments = format!("{object}, {object}");
                self.ask_whether(numbers, &format!("{CLASS}.TrySend"), &arguments);
            }
        }
    }

    /// Objects of our own.
    fn own(&mut self, numbers: &mut Numbers, number: u64) {
        match number {
            0..=2 => {
                let parker = self.object_at("parker");
                match number {
                    0 => self.call("Drawloom.Parker.Park", &parker),
                    1 => {
                        let arguments = format!("{parker}, 5");
                        self.ask_whether(numbers, "Drawloom.Parker.ParkFor", &arguments);
                    }
                    _ => self.call("Drawloom.Parker.Unpark", &parker),
                }
            }
            3 => {
                let (mutex, condition) = (self.object_at("mutex"), self.object_at("condition"));
                let both = format!("{condition}, {mutex}");
                self.call("Drawloom.Mutex.Lock", &mutex);
                if numbers.below(2) == 0 {
                    self.call("Drawloom.Condition.Wait", &both);
                } else {
                    let arguments = format!("{both}, 5");
                    self.ask_whether(numbers, "Drawloom.Condition.WaitFor", &arguments);
                }
                self.call("Drawloom.Mutex.Unlock", &mutex);
            }
            4 => {
                let mutex = self.object_at("mutex");
                let ways = ["Drawloom.Mutex.Lock", "Drawloom.Mutex.Unlock"];
                self.between(numbers, &mutex, ways);
            }
            _ => {
                let condition = self.object_at("condition");
                let function = numbers.one_of(&["NotifyOne", "NotifyAll"]);
                self.call(&format!("Drawloom.Condition.{function}"), &condition);
            }
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
            2 if worker == 1 && !(self.flavour == Flavour::Courses) => {
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
