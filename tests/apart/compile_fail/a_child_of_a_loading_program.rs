//! V15: what has not been initialised has no VM and cannot run.

fn too_early(loading: drawloom::native::Loading) {
    let _ = loading.main_vm();
}

fn runs(loading: drawloom::native::Loading) {
    let _ = loading.run();
}

fn main() {}
