//! Tests of the server over real sockets. All of them are in one test program, so that only one program has to be
//! linked. The attributes `cfg(test)` tell Clippy that the helpers in these modules may panic.

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
