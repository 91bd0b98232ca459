//! Tests of the server over real sockets. They are one program, so that only one has to be linked. `cfg(test)` tells
//! clippy that the helpers here may panic.

#[cfg(test)]
mod black_box;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod seeds;
#[cfg(test)]
mod wire;
