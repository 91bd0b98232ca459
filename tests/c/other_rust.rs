//! A static library that another vendor has written in Rust, for `two_rust.c`.

/// Uses the parts of Rust's standard library that both libraries contain: memory, output and unwinding.
#[unsafe(no_mangle)]
pub extern "C" fn other_rust(count: u32) -> u32 {
    let numbers: Vec<u32> = (0..count).collect();
    println!("{numbers:?}");
    std::panic::catch_unwind(|| numbers.iter().sum()).unwrap_or(0)
}
