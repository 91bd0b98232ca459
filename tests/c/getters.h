/* What the functions that read one member of a decision return without one, or after a panic. Written by
 * bindings/c/tests/getters from the core's description: do not edit. Functions that return a code or the message are
 * called by hand. `CHECKS` is a macro that takes the name of the function and the check. */
#define CALL_GETTERS_OF_A_DECISION(CHECKS, d) \
    CHECKS(polar_license_decision_allowed, polar_license_decision_allowed(d) == 0); \
    CHECKS(polar_license_decision_display_key, polar_license_decision_display_key(d) == NULL); \
    CHECKS(polar_license_decision_benefit_id, polar_license_decision_benefit_id(d) == NULL); \
    CHECKS(polar_license_decision_activation_id, polar_license_decision_activation_id(d) == NULL); \
    CHECKS(polar_license_decision_activation_label, polar_license_decision_activation_label(d) == NULL); \
    CHECKS(polar_license_decision_expires_at_ms, polar_license_decision_expires_at_ms(d) == POLAR_LICENSE_ABSENT); \
    CHECKS(polar_license_decision_updates_until, polar_license_decision_updates_until(d) == NULL); \
    CHECKS(polar_license_decision_confirmed_at_ms, polar_license_decision_confirmed_at_ms(d) == POLAR_LICENSE_ABSENT); \
    CHECKS(polar_license_decision_refresh_at_ms, polar_license_decision_refresh_at_ms(d) == POLAR_LICENSE_ABSENT); \
    CHECKS(polar_license_decision_grace_ends_at_ms, polar_license_decision_grace_ends_at_ms(d) == POLAR_LICENSE_ABSENT); \
    CHECKS(polar_license_decision_usage, polar_license_decision_usage(d) == POLAR_LICENSE_ABSENT); \
    CHECKS(polar_license_decision_limit_usage, polar_license_decision_limit_usage(d) == POLAR_LICENSE_ABSENT); \
    CHECKS(polar_license_decision_limit_activations, polar_license_decision_limit_activations(d) == POLAR_LICENSE_ABSENT); \
    CHECKS(polar_license_decision_purchase_kind, polar_license_decision_purchase_kind(d) == NULL); \
    CHECKS(polar_license_decision_purchase_status, polar_license_decision_purchase_status(d) == NULL); \
    CHECKS(polar_license_decision_purchase_current_period_end_ms, polar_license_decision_purchase_current_period_end_ms(d) == POLAR_LICENSE_ABSENT); \
    CHECKS(polar_license_decision_purchase_ends_at_ms, polar_license_decision_purchase_ends_at_ms(d) == POLAR_LICENSE_ABSENT); \
    CHECKS(polar_license_decision_purchase_cancels_at_period_end, polar_license_decision_purchase_cancels_at_period_end(d) == 0); \
    CHECKS(polar_license_decision_purchase_paid, polar_license_decision_purchase_paid(d) == 0); \
    CHECKS(polar_license_decision_purchase_created_at_ms, polar_license_decision_purchase_created_at_ms(d) == POLAR_LICENSE_ABSENT); \
    CHECKS(polar_license_decision_next_url, polar_license_decision_next_url(d) == NULL); \
    CHECKS(polar_license_decision_notice, polar_license_decision_notice(d) == 0); \
    CHECKS(polar_license_decision_notice_at_ms, polar_license_decision_notice_at_ms(d) == POLAR_LICENSE_ABSENT); \
    CHECKS(polar_license_decision_problem_message, polar_license_decision_problem_message(d) == NULL); \
    CHECKS(polar_license_decision_problem_detail, polar_license_decision_problem_detail(d) == NULL); \
    CHECKS(polar_license_decision_problem_retry_after_ms, polar_license_decision_problem_retry_after_ms(d) == POLAR_LICENSE_ABSENT); \
    CHECKS(polar_license_decision_problem_maybe_applied, polar_license_decision_problem_maybe_applied(d) == 0);
