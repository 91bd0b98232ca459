"""Uses the installed package in the ways that a type checker must accept or reject. Checked by mypy, which also reports
an unnecessary `ignore`. Never run.
"""

from datetime import datetime, timedelta
from typing import Literal, assert_never, assert_type

from polar_license import (
    ActiveDecision,
    Deactivated,
    Decision,
    Explanation,
    License,
    LicenseError,
    LicenseSettings,
    NextStep,
    OfflineAnswer,
    OfflineRelease,
    OfflineReturn,
    OffReason,
    Reason,
    UnlicensedDecision,
)


def what_is_known_depends_on_the_state(decision: Decision) -> str:
    assert_type(decision.display_key, str | None)
    if decision.state == "active":
        assert_type(decision, ActiveDecision)
        assert_type(decision.display_key, str)
        assert_type(decision.grace_ends_at, datetime)
        assert_type(decision.reason, None)
    if decision.state == "unlicensed":
        assert_type(decision, UnlicensedDecision)
        assert_type(decision.benefit_id, None)
        assert_type(decision.allowed, Literal[False])
    match decision.state:
        case "active" | "grace" | "trial":
            return "works"
        case "unlicensed" | "denied" | "clock_suspect" | "expired" | "lapsed":
            return decision.message
        case other:
            assert_never(other)


def a_decision_does_not_change(decision: Decision) -> None:
    decision.allowed = True  # type: ignore[misc]
    decision.problem = None  # type: ignore[misc]


def results_have_types(license: License) -> None:
    assert_type(license.refresh(), Decision)
    assert_type(license.deactivate(), Deactivated)
    assert_type(license.explain("export"), Explanation)
    assert_type(license.explain("export").reason, OffReason | None)
    license.on_change(lambda decision, before: (assert_type(decision, Decision), assert_type(before, Decision)))


def texts_for_other_computers_have_types(license: License, answer: OfflineAnswer, returned: OfflineReturn) -> None:
    assert_type(license.offline_request(), str)
    assert_type(license.offline_answer("a request", "a key"), OfflineAnswer)
    assert_type(license.offline_import("an answer"), Decision)
    assert_type(license.offline_return(), OfflineReturn)
    assert_type(license.offline_release("a return"), OfflineRelease)
    assert_type(license.offline_release("a return").deactivated, Deactivated)
    assert_type(answer.text, str)
    assert_type(returned.text, str | None)
    answer.text = ""  # type: ignore[misc]


def errors_have_members(error: LicenseError) -> None:
    assert_type(error.reason, Reason | None)
    assert_type(error.next_step, NextStep)
    assert_type(error.retry_after, timedelta | None)
    assert_type(error.decision, Decision | None)
    if error.kind == "no such kind":  # type: ignore[comparison-overlap]
        pass


def wrong_calls_are_found(license: License) -> None:
    license.allows(3)  # type: ignore[arg-type]
    license.activate("KEY", True)  # type: ignore[call-arg]
    License(app_id="com.acme.app")  # type: ignore[call-arg]
    License(organization_id="", app_id="", organisation="")  # type: ignore[call-arg]
    License(organization_id="", app_id="", timeout=10)  # type: ignore[arg-type]
    License(organization_id="", app_id="", texts={"state.activ": ""})  # type: ignore[dict-item]
    settings: LicenseSettings = {"organization_id": "", "app_id": "", "timeout": timedelta(seconds=3)}
    License(**settings)
