//! `drawloom-peer-luajit FILE COUNT` calls the function of a workload's Lua text, and prints its
//! result and the CPU seconds of the call; without arguments it prints LuaJIT's version.

use std::error::Error;

#[path = "../../src/lua.rs"]
mod lua;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => println!("{}", lua::version()?),
        [file, count] => {
            let (result, time) = lua::measure(&std::fs::read_to_string(file)?, count.parse()?)?;
            println!("{result} {}", time.as_secs_f64());
        }
        _ => return Err("usage: drawloom-peer-luajit FILE COUNT".into()),
    }
    Ok(())
}
