//! Mistakes that do not compile. Each file under `compile_fail` has the compiler's message beside
//! it; `TRYBUILD=overwrite` writes them anew after a change of the compiler.
//!
//! | id | mistake |
//! |---|---|
//! | V1 | keeping what a look-up found beyond the lock, or the registration; keeping a call's arguments |
//! | V15 | running a program that is still loading |
//! | V19 | joining by a handle that has been consumed, or is gone; running a program twice |
//! | V21 | a thread that borrows what its starter has |
//! | - | one VM on two threads; a guard on another thread than its own |
#![cfg(test)]

#[test]
fn what_is_illegal_does_not_compile() {
    trybuild::TestCases::new().compile_fail("compile_fail/*.rs");
}
