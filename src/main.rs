//! Countersign's program: it reads the arguments and the environment, and hands them to the command
//! line.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    countersign::cli::run(std::env::args_os(), std::env::vars_os())
}
