//! Tests of the server over real sockets, in one program, so that only one is linked. `cfg(test)` tells clippy that helpers
//! here may panic.

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
