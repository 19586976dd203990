//! A guard restores what it found on its own thread, so it cannot go to another one.

fn sent<T: Send>(_: T) {}

fn the_guard_goes(vm: &drawloom::native::Vm) {
    sent(drawloom::native::ActiveVmGuard::enter(vm));
}

fn main() {}
