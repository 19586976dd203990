//! What a program may use: the same options, with the same meaning, in every command.

use clap::Args;
use drawloom::{native::Limits, reference};

use super::values;

/// The machine's limits. Each has its own trap.
#[derive(Args)]
pub(super) struct GuestLimits {
    /// Stack of each guest thread, in words of 8 bytes; limits how deeply calls nest
    #[arg(long, value_name = "WORDS", default_value_t = Limits::default().stack_words as u32,
          value_parser = clap::value_parser!(u32).range(256..=1 << 30))]
    stack: u32,
    /// Guest memory, in cells of 8 bytes, including globals
    #[arg(long, value_name = "CELLS", default_value_t = Limits::default().memory_cells as u32,
          value_parser = clap::value_parser!(u32).range(1..=1 << 30))]
    heap: u32,
    /// Memory for strings that the program makes: bytes, or 512M, 2G
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().string_bytes,
          value_parser = values::bytes, hide_default_value = true)]
    strings: usize,
    /// Stop when the program has printed this many bytes
    #[arg(long, value_name = "BYTES")]
    max_output: Option<u64>,
}

/// The limit that a search adds to those of the machine, and the spurious behaviour that it allows.
#[derive(Args)]
pub(super) struct SearchLimits {
    #[command(flatten)]
    guest: GuestLimits,
    /// Machine steps (backward branches, calls, caught traps) that a thread may take between two visible
    /// operations
    #[arg(long, value_name = "COUNT", default_value_t = reference::Limits::default().local_steps,
          value_parser = values::at_least::<u32>(1))]
    local_steps: u32,
    /// Let waits for a notification end, and weak compare-exchanges fail, without a cause, as on many
    /// systems
    #[arg(long)]
    pub(super) spurious: bool,
}

impl GuestLimits {
    /// The limits for the machine.
    pub(super) fn of_machine(&self) -> Limits {
        let default = Limits::default();
        Limits {
            stack_words: self.stack as usize,
            memory_cells: self.heap as usize,
            string_bytes: self.strings,
            output_bytes: self.max_output.unwrap_or(default.output_bytes),
            ..default
        }
    }
}

impl SearchLimits {
    /// The limits for the reference.
    pub(super) fn of_reference(&self) -> reference::Limits {
        let Limits { stack_words, memory_cells, string_bytes, output_bytes, .. } =
            self.guest.of_machine();
        reference::Limits {
            stack_words,
            memory_cells: memory_cells as u64,
            string_bytes: string_bytes as u64,
            output_bytes,
            local_steps: self.local_steps,
        }
    }
}
