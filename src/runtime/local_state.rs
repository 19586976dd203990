//! What a thread keeps that no event shows: the variables on its stack and in its registers.
//!
//! Two fingerprints that are equal mean that the thread is where it was, as far as its stack goes: it will do the same again.
//! That they differ means little, since what lies between the variables is compared, too.
#![allow(unsafe_code)]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ptr;

use super::unchecked::stack_base;

/// A fingerprint of what the callers of this function keep: their frames on the stack of the running coroutine, and the
/// registers that calls preserve. `None` if no coroutine runs, or where these registers are not known.
#[inline(never)]
pub(super) fn local_state() -> Option<u64> {
    let base = stack_base()?;
    let mut preserved = [0_usize; PRESERVED];
    // Registers that this function uses are saved in its frame, above its variables.
    let here = ptr::from_ref(&preserved).addr();
    if !keeps(&mut preserved) {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    preserved.hash(&mut hasher);
    for address in (here + size_of_val(&preserved)..base).step_by(size_of::<usize>()) {
        let word: *const usize = ptr::with_exposed_provenance(address);
        // SAFETY: the word lies in the stack of the running coroutine, above this function's variables. It may be padding
        // or a variable of a caller, which holds still meanwhile; reading is volatile, so that whatever is there is read.
        unsafe { word.read_volatile() }.hash(&mut hasher);
    }
    Some(hasher.finish())
}

/// How many registers a call preserves.
const PRESERVED: usize = 20;

/// Writes down the registers that a call preserves.
#[cfg(target_arch = "x86_64")]
fn keeps(preserved: &mut [usize; PRESERVED]) -> bool {
    #[unsafe(naked)]
    extern "sysv64" fn keep(_: *mut usize) {
        std::arch::naked_asm!(
            "mov [rdi], rbx",
            "mov [rdi + 8], rbp",
            "mov [rdi + 16], r12",
            "mov [rdi + 24], r13",
            "mov [rdi + 32], r14",
            "mov [rdi + 40], r15",
            "ret",
        )
    }
    keep(preserved.as_mut_ptr());
    true
}

/// Writes down the registers that a call preserves.
#[cfg(target_arch = "aarch64")]
fn keeps(preserved: &mut [usize; PRESERVED]) -> bool {
    #[unsafe(naked)]
    extern "C" fn keep(_: *mut usize) {
        std::arch::naked_asm!(
            "stp x19, x20, [x0]",
            "stp x21, x22, [x0, #16]",
            "stp x23, x24, [x0, #32]",
            "stp x25, x26, [x0, #48]",
            "stp x27, x28, [x0, #64]",
            "stp d8, d9, [x0, #80]",
            "stp d10, d11, [x0, #96]",
            "stp d12, d13, [x0, #112]",
            "stp d14, d15, [x0, #128]",
            "str x29, [x0, #144]",
            "ret",
        )
    }
    keep(preserved.as_mut_ptr());
    true
}

/// These registers are not known here.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn keeps(_: &mut [usize; PRESERVED]) -> bool {
    false
}
