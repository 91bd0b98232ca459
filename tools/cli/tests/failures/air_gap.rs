//! Computer A is never online, and computer B acts for it. Makes system calls of each step on A and on B fail. No seat
//! may be lost unnoticed, and the same step must succeed when it is repeated.

use crate::device::{Device, Run};
use crate::injected::{Operation, Prepared, ensure, fail_each_call, owned};

/// On computer B: answers the request of computer A.
const ANSWER: Operation = Operation {
    name: "answer",
    prepare: |device| owned(&["answer", &text(&device.other().succeed(&["request"])), &device.key]),
    check: check_answer,
};

/// On computer A: imports the answer of computer B.
const IMPORT: Operation = Operation {
    name: "import",
    prepare: |device| owned(&["import", &answered(device, device.other())]),
    check: check_import,
};

/// On computer A: returns the license.
const RETURN: Operation = Operation {
    name: "return",
    prepare: |device| {
        device.succeed(&["import", &answered(device, device.other())]);
        owned(&["return"])
    },
    check: check_return,
};

/// On computer B: releases the seat that computer A has returned.
const RELEASE: Operation = Operation {
    name: "release",
    prepare: |device| {
        let a = device.other();
        a.succeed(&["import", &answered(a, device)]);
        owned(&["return", &text(&a.succeed(&["return"]))])
    },
    check: check_release,
};

#[test]
fn every_system_call_of_an_answer_may_fail() {
    fail_each_call(&ANSWER);
}

#[test]
fn every_system_call_of_an_import_may_fail() {
    fail_each_call(&IMPORT);
}

#[test]
fn every_system_call_of_a_return_may_fail() {
    fail_each_call(&RETURN);
}

#[test]
fn every_system_call_of_a_release_may_fail() {
    fail_each_call(&RELEASE);
}

fn text(run: &Run) -> String {
    run.text().unwrap().to_owned()
}

/// Returns the answer of computer B to a request of computer A.
fn answered(a: &Device, b: &Device) -> String {
    text(&b.succeed(&["answer", &text(&a.succeed(&["request"])), &a.key]))
}

fn again(Prepared { device, words }: &Prepared<'_>) -> Run {
    device.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn check_answer(prepared: &Prepared<'_>, run: &Run, next: &Run) -> Result<(), String> {
    let Prepared { device, .. } = prepared;
    ensure(!next.is_allowed(), "the computer with the network has a license of its own")?;
    ensure(device.seats().0.len() <= 1, "it took two seats")?;
    let answer = if run.status == Some(0) { run.text().map(str::to_owned) } else { None };
    ensure(run.status != Some(0) || answer.is_some(), "it succeeded without an answer")?;
    // no more faults are injected: the same request leads to an answer, or the error names the seat that may be lost
    let repeated = again(prepared);
    let (seats, unknown) = device.seats();
    ensure(
        seats.len() == 1 && unknown.is_empty(),
        &format!("repeated, {unknown:?} of {seats:?} are lost: {repeated:?}"),
    )?;
    let names_the_seat =
        || device.polar.activations(&device.key).iter().any(|seat| repeated.errors.contains(&seat.label));
    match answer.or_else(|| repeated.text().map(str::to_owned)) {
        Some(answer) => ensure(device.other().run(&["import", &answer]).is_allowed(), "the answer is not a license"),
        None => ensure(
            repeated.printed["error"]["reason"] == "activation_limit" && names_the_seat(),
            &format!("repeated, it does not name the lost seat: {repeated:?}"),
        ),
    }
}

fn check_import(prepared: &Prepared<'_>, run: &Run, next: &Run) -> Result<(), String> {
    ensure(run.status != Some(0) || next.is_allowed(), "it succeeded, and the next start denies")?;
    let repeated = again(prepared);
    ensure(repeated.status == Some(0) && repeated.is_allowed(), &format!("repeated, it does not work: {repeated:?}"))
}

fn check_return(prepared: &Prepared<'_>, run: &Run, next: &Run) -> Result<(), String> {
    let Prepared { device, .. } = prepared;
    if run.status == Some(0) {
        ensure(!next.is_allowed() && run.text().is_some(), "it succeeded, and the next start allows")?;
    }
    let repeated = again(prepared);
    let text = repeated.text().ok_or_else(|| format!("repeated, it returns nothing: {repeated:?}"))?;
    ensure(run.text().is_none_or(|first| first == text), "repeated, it returns another text")?;
    device.other().succeed(&["return", text]);
    ensure(
        device.seats().0.is_empty() && !device.run(&["status"]).is_allowed(),
        "the seat is taken, or the license works",
    )
}

fn check_release(prepared: &Prepared<'_>, run: &Run, _: &Run) -> Result<(), String> {
    let Prepared { device, .. } = prepared;
    ensure(run.status != Some(0) || device.seats().0.is_empty(), "it succeeded, and the seat is taken")?;
    let repeated = again(prepared);
    ensure(
        repeated.status == Some(0) && device.seats().0.is_empty(),
        &format!("repeated, the seat is taken: {repeated:?}"),
    )
}
