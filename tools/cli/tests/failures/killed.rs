//! Kills commands at random times. The commands run one after the other and use the same record.

use std::process::{Command, Stdio};

use mock_polar::MockPolar;

use crate::device::Device;
use crate::random::Random;
use crate::soak;

/// The commands that run in random order. A command that is listed twice runs twice as often.
const COMMANDS: [&[&str]; 7] = [
    &["activate", "KEY"],
    &["activate", "KEY"],
    &["activate", "--replace-previous"],
    &["validate"],
    &["refresh"],
    &["consume", "1"],
    &["deactivate"],
];

#[test]
fn no_kill_loses_a_seat_that_only_one_device_may_have() {
    kill_commands(1, 120);
}

#[test]
fn no_kill_loses_one_of_several_seats() {
    kill_commands(4, 120);
}

fn kill_commands(limit_activations: u32, rounds: u64) {
    let polar = MockPolar::start().unwrap();
    let device = Device::new(&polar, limit_activations);
    let (mut killed, mut uses, mut most_seats) = (0, 0, 0);
    let mut done = 0;
    for round in soak::rounds(rounds) {
        let mut random = Random(round);
        let words = COMMANDS[random.below(COMMANDS.len())];
        uses += i32::from(words[0] == "consume");
        let words: Vec<&str> =
            words.iter().map(|word| if *word == "KEY" { device.key.as_str() } else { word }).collect();
        killed += u32::from(kill(&polar, device.command(&words), &mut random));
        device.age_locks();
        let story = format!("round {round}, {words:?}");
        let (seats, unknown) = device.seats();
        most_seats = seats.len().max(most_seats);
        assert!(unknown.is_empty(), "{story}: of the seats {seats:?} nothing here leads to {unknown:?}");
        let stored = device.run(&["status"]);
        assert!(stored.status.is_some() && stored.printed["reason"] != "tampered", "{story}: {stored:?}");
        assert!(polar.usage(&device.key) <= uses, "{story}: uses were counted twice");
        if round % 8 == 7 {
            settle(&device, limit_activations, &story);
        }
        done = round + 1;
    }
    println!("{limit_activations} seats: {killed} kills in {done} rounds, {most_seats} seats at most, none lost");
    assert!(killed > done as u32 / 3, "most commands ended before they were killed");
}

/// Starts a command and kills it at a random time. Returns `true` if the command was still running.
fn kill(polar: &MockPolar, mut command: Command, random: &mut Random) -> bool {
    polar.clear_requests();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let requests = random.below(4);
    // Waits until the command has sent a random number of requests, and then for a random time.
    while polar.requests().len() < requests && child.try_wait().unwrap().is_none() {}
    for _ in 0..random.below(3000) {
        let _ = polar.requests().len();
    }
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// Runs `validate` without killing it, so that Polar and the device agree again. If all seats are still taken
/// afterwards, removes the seats of other devices, as a customer would.
fn settle(device: &Device, limit_activations: u32, story: &str) {
    let decision = device.run(&["validate"]);
    let (seats, _) = device.seats();
    let has_seat = decision.seat().is_some_and(|seat| seats.iter().any(|taken| taken == seat));
    assert_eq!(decision.is_allowed(), has_seat, "{story}: {seats:?}, {decision:?}");
    if seats.len() == limit_activations as usize {
        let own = decision.seat().filter(|_| decision.is_allowed());
        for seat in seats.iter().filter(|seat| Some(seat.as_str()) != own) {
            device.polar.remove_activation(seat);
        }
    }
}
