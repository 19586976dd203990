//! A guard restores what it found on its own thread, so it cannot go to another one.

fn sent<T: Send>(_: T) {}

fn the_guard_goes(vm: &drawloom::Vm) {
    sent(drawloom::ActiveVmGuard::enter(vm));
}

fn main() {}
