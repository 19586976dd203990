//! A program whose threads add to a counter: as many executions as there are orders.
#![allow(dead_code)] // each test crate that includes this uses a part of it

pub(crate) const ADD: &str = "atomic.rmw add i64, %counter, 1, relaxed";

/// Three threads that make this operation three times each on a counter.
pub(crate) fn adds(expected: &str, operation: &str) -> String {
    adds_times(3, expected, operation)
}

/// The same, with `times` operations in each thread.
pub(crate) fn adds_times(times: u32, expected: &str, operation: &str) -> String {
    let all = (0..times).map(|it| format!("  %old{it} = {operation}"));
    let all = all.collect::<Vec<_>>().join("\n");
    format!(
        "# Three threads add.
#
# expect: {expected}
il 0.3.0

extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr

global i64 @counter = 0

func @worker() -> void {{
entry:
  %counter = gaddr @counter
{all}
  ret
}}

func @main() -> i64 {{
entry:
  %a = call @Viper.Threads.Thread.Start(@worker, null)
  %b = call @Viper.Threads.Thread.Start(@worker, null)
  %c = call @Viper.Threads.Thread.Start(@worker, null)
  call @Viper.Threads.Thread.Join(%a)
  call @Viper.Threads.Thread.Join(%b)
  call @Viper.Threads.Thread.Join(%c)
  ret 0
}}
"
    )
}

/// The same, with an assertion at the end that fails in every execution.
pub(crate) fn fails_times(times: u32) -> String {
    adds_times(times, "assertion", ADD)
        .replace(
            "global i64",
            "extern @Viper.Core.Diagnostics.Assert(i1, str) -> void\n\
             global const str @.no = \"no\"\nglobal i64",
        )
        .replace(
            "  ret 0\n",
            "  %no = const_str @.no\n  call @Viper.Core.Diagnostics.Assert(false, %no)\n  ret 0\n",
        )
}
