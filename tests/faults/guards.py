"""The guards of requiring two factors, the lost phone and applications: what is left without each, and who notices.

Each is taken out of a copy of the source, and the test that is named must go red. A guard that nothing notices is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Guard:
    """`there` stands once in the file; `without` is put in its place. `seen_by`: the test that goes red.

    `also`: what is taken out with it, of a guard that stands twice. `database`: on which one its test goes red.
    """

    name: str
    file: str
    there: str
    without: str
    seen_by: str
    also: tuple[tuple[str, str, str], ...] = ()
    database: str = "sqlite"

    def changes(self) -> tuple[tuple[str, str, str], ...]:
        """Return all that is put in the place of something: the file, what stands there, and what is put there."""
        return ((self.file, self.there, self.without), *self.also)


_R, _T = "recovery", "threats/test_recovery.py::test_"
_STOLEN, _WAIT = (
    "threats/test_stolen_colleague.py::test_",
    "threats/test_waiting_by_mailbox.py::test_",
)
_LEFT, _GRACE = (
    "threats/test_nobody_left_to_help.py::test_",
    "threats/test_grace_reopened.py::test_",
)
_EXCEPTIONS, _AT_ONCE = (
    "accounts/test_exceptions.py::test_",
    "threats/test_decided_at_once.py::test_",
)
_SUSPENDED = "threats/test_suspended_factor.py::test_"
_SUPPORT = "threats/test_support_as_a_way_in.py::test_"
_COPIED = "threats/test_copied_cookie.py::test_"
_ELSEWHERE = "threats/test_pass_elsewhere.py::test_"

_FORWARD = "threats/test_forward_auth_tricked.py::test_"

GUARDS: Final = (
    # --- helping
    Guard(
        "nobody helps themselves",
        f"{_R}/help.py",
        "if person.id in {one.id for one in actor.people}:",
        "if False:",
        f"{_T}nobody_helps_themselves",
    ),
    Guard(
        "the helper has a factor",
        f"{_R}/help.py",
        "if not Factor.objects.filter(USABLE, administrator_id=one.id).exists():",
        "if False:",
        f"{_T}who_has_no_second_factor_helps_nobody",
    ),
    Guard(
        "a second yes for who has the tab",
        f"{_R}/rules.py",
        "return looks_after or recovery_by is RecoveryBy.TWO",
        "return recovery_by is RecoveryBy.TWO",
        f"{_T}for_who_has_the_tab_one_colleague_does_not_do",
    ),
    Guard(
        "a second yes where the policy asks for two",
        f"{_R}/rules.py",
        "return looks_after or recovery_by is RecoveryBy.TWO",
        "return looks_after",
        f"{_T}where_two_are_asked_for_one_does_not_do_for_anybody",
    ),
    Guard(
        "who asks does not agree",
        f"{_R}/requests.py",
        "if request.asked_by_id in {one.id for one in actor.people}:",
        "if False:",
        f"{_T}neither_who_asked_nor_whom_it_is_for_agrees",
    ),
    Guard(
        "the person does not agree, nor who was refused before",
        f"{_R}/rules.py",
        "return parties.isdisjoint(decider.ids) and not decider.is_new(asked_at)",
        "return not decider.is_new(asked_at)",
        f"{_STOLEN}who_was_refused_does_not_agree_to_the_next_one",
    ),
    Guard(
        "nobody new agrees",
        f"{_R}/rules.py",
        "return parties.isdisjoint(decider.ids) and not decider.is_new(asked_at)",
        "return parties.isdisjoint(decider.ids)",
        f"{_T}an_accomplice_who_was_given_the_tab_just_now_does_not_agree",
    ),
    Guard(
        "two of one hand do not agree",
        f"{_R}/deciding.py",
        "if rules.one_hand(given, askers, decider.ids):",
        "if False:",
        f"{_STOLEN}two_whom_the_same_hand_let_in_do_not_agree_with_each_other",
    ),
    Guard(
        "two of the staff of whom one made the other are one hand",
        f"{_R}/deciding.py",
        "makers=_hand_of(asker_id, since=since)",
        "makers=frozenset({asker_id})",
        "threats/test_managing_misused.py::test_nor_does_whom_another_account_of_the_same_hand_let_in",
    ),
    Guard(
        "a pass of who was stopped is worth nothing",
        f"{_R}/set_up_pass.py",
        " and not _is_of_who_was_stopped(found)",
        "",
        f"{_T}it_is_worth_nothing_once_who_gave_it_was_stopped",
    ),
    Guard(
        "what was taken shortly before still counts",
        f"{_R}/just_before.py",
        "return person.looks_after or bool(_robbed([person.id], since=now - LOOK_BACK))",
        "return person.looks_after",
        f"{_T}taking_the_tab_away_first_does_not_make_one_colleague_enough",
    ),
    Guard(
        "what the policy said shortly before still counts",
        f"{_R}/just_before.py",
        "strictest = field.stricter(strictest, field.read(values.get(field.key, field.loosest)))",
        "pass",
        f"{_T}making_the_policy_milder_first_does_not_either",
    ),
    Guard(
        "whose mailbox a colleague has moved is helped by two",
        f"{_R}/help.py",
        "if just_before.moved_by_another(person.id, since=since):",
        "if False:",
        f"{_T}moving_the_mailbox_first_does_not_either",
    ),
    Guard(
        "after a refusal a second yes",
        f"{_R}/help.py",
        "if just_before.refused(person.id, since=since).exists():",
        "if False:",
        f"{_STOLEN}what_another_one_refused_takes_a_second_yes_for_a_week",
    ),
    Guard(
        "who could not object ends it by that",
        f"{_R}/deciding.py",
        "or just_before.disturbed(person, since=since)",
        "or False",
        f"{_STOLEN}whoever_could_not_object_for_a_while_ends_the_request_by_it",
    ),
    Guard(
        "time does not approve what others were kept from refusing",
        f"{_R}/deciding.py",
        "if request.asked_by_id is not None and just_before.silenced(request.asked_by_id, since=since):",
        "if False:",
        f"{_STOLEN}time_does_not_approve_what_who_asks_kept_others_from_refusing",
    ),
    Guard(
        "before its time nothing is fetched",
        f"{_R}/requests.py",
        "return approved_at is not None and approved_at <= now < approved_at + rules.PASS_LIFETIME",
        "return approved_at is not None",
        f"{_T}after_a_day_without_an_objection_it_holds_and_after_another_it_is_over",
    ),
    Guard(
        "what was refused stays so",
        f"{_R}/requests.py",
        "_close(request, State.REFUSED, actor=actor, now=now)",
        "_close(request, State.APPROVED, actor=actor, now=now)",
        f"{_T}what_was_refused_stays_refused",
    ),
    Guard(
        "who lost the right meanwhile decides nothing",
        "accounts/locking.py",
        "if not is_allowed(actor, action, customer_id, brand_id=brand_id, subject=subject):",
        "if False:",
        f"{_AT_ONCE}who_loses_the_power_agrees_before_that_or_not_at_all",
    ),
    Guard(
        "the words are given out once",
        f"{_R}/requests.py",
        "elif request.state != State.APPROVED:",
        "elif request.state not in (State.APPROVED, State.ISSUED):",
        f"{_AT_ONCE}the_words_are_given_out_once",
    ),
    # --- the pass
    Guard(
        "a pass works once",
        f"{_R}/set_up_pass.py",
        "        used_at__isnull=True,\n        ended_at__isnull=True,\n        expires_at",
        "        ended_at__isnull=True,\n        expires_at",
        f"{_T}it_works_once",
    ),
    Guard(
        "a pass works for one person",
        f"{_R}/set_up_pass.py",
        "return SetUpPass.objects.filter(\n        administrator_id=administrator_id,\n        used_at",
        "return SetUpPass.objects.filter(\n        used_at",
        f"{_T}it_works_for_that_person_alone",
    ),
    Guard(
        "a pass works for a day",
        f"{_R}/set_up_pass.py",
        "        expires_at__gt=now,\n",
        "",
        f"{_T}after_a_day_it_is_over",
    ),
    Guard(
        "five wrong ones end a pass",
        f"{_R}/set_up_pass.py",
        "if found.tries >= PASS_TRIES:",
        "if False:",
        f"{_T}five_wrong_ones_end_it_and_everybody_is_told",
    ),
    Guard(
        "no pass with a mailed link in place of the password",
        f"{_R}/set_up_pass.py",
        "if session is None or session.from_link or session.password_at is None:",
        "if False:",
        f"{_WAIT}in_a_session_of_a_mailed_link_nothing_is_said_of_a_pass_and_none_is_used_up",
    ),
    Guard(
        "no pass with a password that was mailed since",
        f"{_R}/set_up_pass.py",
        "return people.filter(password_by_link_at__gt=found.request.asked_at).exists()",
        "return False",
        f"{_WAIT}neither_does_a_colleagues_pass_work_with_the_mailbox_alone",
    ),
    Guard(
        "a pass leads to the set-up alone",
        "gate/decision.py",
        "    if _by_pass(facts, now=now):\n        return Step.SET_UP_FACTOR\n",
        "    if _by_pass(facts, now=now):\n        return Step.THROUGH\n",
        f"{_T}password_and_pass_lead_to_the_set_up_and_nowhere_else",
    ),
    Guard(
        "a pass opens nothing at another brand's host",
        "gate/decision.py",
        "        and not facts.elsewhere\n",
        "",
        f"{_ELSEWHERE}where_its_person_carries_their_session_to_another_brands_host",
    ),
    Guard(
        "a pass opens nothing at another customer",
        f"{_R}/set_up_pass.py",
        "hashed, administrator_id = _keyed_hash(set_up_words.normalise(typed)), auth.person.id\n"
        "    alive = _alive(administrator_id, now=now).filter(tries__lt=PASS_TRIES)",
        "hashed = _keyed_hash(set_up_words.normalise(typed))\n"
        "    administrator_id = SetUpPass.objects.filter(keyed_hash=hashed).get().administrator_id\n"
        "    alive = _alive(administrator_id, now=now).filter(tries__lt=PASS_TRIES)",
        f"{_ELSEWHERE}where_both_have_one_each_opens_its_own_alone",
    ),
    Guard(
        "a customer that is moved takes nobody along who is at the set-up",
        "accounts/closing.py",
        "            _raise_versions(customer_id)\n            _end_sessions(customer_id, now=now)\n",
        "",
        f"{_ELSEWHERE}where_its_customer_is_moved_to_another_brand_meanwhile",
    ),
    Guard(
        "its owner who comes back ends a pass",
        f"{_R}/set_up_pass.py",
        "return there and not proved_since(person_id, asked_at)",
        "return there",
        f"{_WAIT}so_it_does_when_the_pass_is_there",
    ),
    Guard(
        "an objection ends a pass that is out",
        f"{_R}/requests.py",
        "        set_up_pass.end_unused(person.id, now=now)\n        # Whoever came in with it is at the set-up.\n"
        "        ending.end_others(administrator_id=person.id, keep=None, now=now)\n",
        "        pass\n",
        f"{_T}who_is_at_the_set_up_is_stopped",
    ),
    # --- waiting
    Guard(
        "waiting wants the mailbox",
        f"{_R}/waiting.py",
        "if not mailbox_verified(auth, now=now):",
        "if False:",
        f"{_WAIT}password_and_mailbox_are_both_asked_for",
    ),
    Guard(
        "waiting wants a password that no mail has set",
        f"{_R}/waiting.py",
        "if not password_is_own(person):",
        "if False:",
        f"{_WAIT}who_set_the_password_by_mail_may_not_ask",
    ),
    Guard(
        "a sign-in with a device ends the wait",
        f"{_R}/lapse.py",
        "if set_up_pass.proved_since(request.administrator_id, request.asked_at):",
        "if False:",
        f"{_WAIT}a_sign_in_with_a_device_ends_it",
    ),
    Guard(
        "after an objection nobody asks again for a week",
        f"{_R}/waiting.py",
        "if last is not None and not set_up_pass.proved_since(person.id, last):",
        "if False:",
        f"{_WAIT}after_an_objection_nobody_asks_again_for_a_week",
    ),
    Guard(
        "where the policy ends it nobody is mailed a pass",
        f"{_R}/lapse.py",
        "return allowed and is_active",
        "return is_active",
        f"{_WAIT}a_policy_that_ends_it_ends_what_waits",
    ),
    Guard(
        "a password that a mail sets meanwhile ends the wait",
        f"{_R}/lapse.py",
        "return allowed and is_active and has_lost and waiting.password_is_own(person)",
        "return allowed and is_active and has_lost",
        f"{_WAIT}a_password_set_by_mail_while_waiting_ends_it",
    ),
    # --- the provider's support
    Guard(
        "whom the support let in does not agree with it",
        f"{_R}/deciding.py",
        "if request.way == Way.SUPPORT and let_in_by(\n",
        "if False and let_in_by(\n",
        f"{_SUPPORT}who_came_back_by_the_support_does_not_agree_to_its_next_request",
    ),
    Guard(
        "whoever agreed with the support reads the pass, nobody else",
        f"{_R}/requests.py",
        "return request.approved_by_id if request.way == Way.SUPPORT else request.asked_by_id",
        "return request.asked_by_id",
        f"{_SUPPORT}nothing_happens_before_somebody_agrees_and_then_they_read_out_the_pass",
    ),
    Guard(
        "where somebody could agree with the support, no time does",
        f"{_R}/support.py",
        "    if who_could_agree(person, _id_of(actor), now=now):\n        return False\n",
        "",
        f"{_SUPPORT}nothing_happens_before_somebody_agrees_and_then_they_read_out_the_pass",
    ),
    Guard(
        "where somebody turns up who could agree with the support, no time does any more",
        f"{_R}/support.py",
        "if deciding.is_over(request, now=now) or able:",
        "if deciding.is_over(request, now=now):",
        f"{_SUPPORT}what_came_meanwhile_lets_no_time_approve",
    ),
    Guard(
        "where colleagues were kept from objecting to the support, no time agrees with it",
        f"{_R}/support.py",
        "        or just_before.silenced_at(person.customer_id, since=since)\n",
        "",
        f"{_SUPPORT}what_was_done_shortly_before_lets_no_time_approve",
    ),
    Guard(
        "after an objection no time agrees with the support",
        f"{_R}/support.py",
        "just_before.refused(person.id, since=since).exists()\n        or just_before.silenced",
        "False\n        or just_before.silenced",
        f"{_SUPPORT}an_objection_ends_the_wait_and_it_is_not_asked_for_again",
    ),
    Guard(
        "time agrees with the support after 72 hours, not before",
        f"{_R}/lapse.py",
        "return State.ISSUED if request.due_at and request.due_at <= now else None",
        "return State.ISSUED",
        f"{_SUPPORT}after_72_hours_before_all_eyes_the_pass_is_mailed",
    ),
    Guard(
        "no time agrees with the support where the mailbox alone would do",
        f"{_R}/support.py",
        "    if not waiting.password_is_own(person):\n        raise PasswordNotTheirs\n",
        "",
        f"{_SUPPORT}what_was_done_shortly_before_lets_no_time_approve",
    ),
    Guard(
        "nobody new at the support asks",
        f"{_R}/deciding.py",
        "    if is_newcomer(actor, now=now):\n        raise StaffTooNew\n",
        "    pass\n",
        f"{_SUPPORT}a_new_account_of_the_support_does_not_ask",
    ),
    Guard(
        "where a policy shuts the support out it does not help",
        f"{_R}/help.py",
        "if just_before.support_access(person, now=now) is SupportAccess.NEVER:",
        "if False:",
        f"{_SUPPORT}never_is_never_also_meanwhile_and_for_a_week",
    ),
    # --- between customers, the minimum, and the kinds of device
    Guard(
        "of another customer nobody is found",
        f"{_R}/help.py",
        "people = Administrator.objects.of(customer_id).select_related",
        "people = Administrator.objects.everywhere().select_related",
        f"{_T}nobody_without_the_tab_or_of_another_customer_helps",
    ),
    Guard(
        "the minimum of a customer says who helps",
        "policy/effective.py",
        "            current(self.customer, now=now, default=DEFAULTS),\n"
        "            current(self.minimum, now=now, default=LOOSEST),\n",
        "            current(self.customer, now=now, default=DEFAULTS),\n",
        f"{_T}what_the_provider_asks_at_least_of_help_holds",
    ),
    Guard(
        "the minimum of a brand says who helps",
        "policy/effective.py",
        "            current(self.minimum, now=now, default=LOOSEST),\n"
        "            current(self.brand, now=now, default=LOOSEST),\n        )\n\n    def minimums",
        "            current(self.minimum, now=now, default=LOOSEST),\n        )\n\n    def minimums",
        f"{_T}what_the_provider_asks_at_least_of_help_holds",
    ),
    Guard(
        "where passkeys alone are asked for no app lets in",
        "policy/rules.py",
        "return not self.required or self.kinds is Kinds.ANY or kind is FactorKind.PASSKEY",
        "return True",
        "gate/test_decision.py",
    ),
    Guard(
        "a new device takes the place of all others",
        "credentials/enrolment.py",
        "gone = there.all() if recovers else there.exclude(USABLE)",
        "gone = there.exclude(USABLE)",
        f"{_WAIT}the_new_device_takes_the_place_of_the_one_that_still_worked",
    ),
    # --- suspended devices
    Guard(
        "a suspended device verifies nothing",
        "credentials/models.py",
        "USABLE: Final = Q(locked_at__isnull=True, suspended_at__isnull=True)",
        "USABLE: Final = Q(locked_at__isnull=True)",
        f"{_SUSPENDED}its_passkey_verifies_nothing_and_does_not_stand_in_for_the_password",
    ),
    Guard(
        "a suspended device is taken back within a day",
        "credentials/suspension.py",
        "and lasts(row.suspended_at, TAKEN_BACK_WITHIN, now=now)",
        "",
        f"{_SUSPENDED}after_a_day_nothing_takes_it_back",
    ),
    Guard(
        "a suspended device is taken back by a proof",
        "signin/take_back.py",
        "suspension.put_back(since, but=None if isinstance(found, Refusal) else found.id)",
        "pass",
        f"{_SUSPENDED}a_wrong_code_takes_nothing_back_and_is_counted",
    ),
    # --- requiring it of many
    Guard(
        "no exception for oneself",
        "accounts/exceptions.py",
        "if any(one.id == person.id for one in actor.people):",
        "if False:",
        f"{_EXCEPTIONS}nobody_makes_one_for_themselves",
    ),
    Guard(
        "no exception from the minimum",
        "accounts/exceptions.py",
        "if {RequiredBy.MINIMUM_CUSTOMER, RequiredBy.MINIMUM_BRAND} & set(asked_by):",
        "if False:",
        f"{_EXCEPTIONS}there_is_none_from_the_minimum_of_the_customer_or_of_the_brand",
    ),
    Guard(
        "an exception lasts thirty days at most",
        "accounts/exceptions.py",
        "if not now < ends_at <= now + LONGEST:",
        "if not now < ends_at:",
        f"{_EXCEPTIONS}it_ends_within_thirty_days",
    ),
    Guard(
        "no exception lasts for years because a clock was ahead",
        "policy/grace.py",
        "return until is not None and now < until <= now + FURTHEST_END",
        "return until is not None and now < until",
        f"{_EXCEPTIONS}made_while_the_clock_was_ahead_it_is_over_when_the_clock_is_right_again",
    ),
    Guard(
        "an exception ends by itself",
        "policy/effective.py",
        "excepted = member.is_excepted(now) and",
        "excepted = member.excepted_until is not None and",
        f"{_EXCEPTIONS}for_a_while_the_policy_does_not_ask_and_then_it_does_by_itself",
    ),
    Guard(
        "grace that is over does not come back",
        "policy/grace.py",
        "return day if due_at is None else min(day, max(version.starts_at, due_at))",
        "return day",
        f"{_GRACE}nor_does_a_later_day_once_it_is_over",
    ),
    Guard(
        "grace that is over does not come back by an exception",
        "policy/grace.py",
        "    if member.was_due:\n        return version.starts_at\n",
        "",
        f"{_EXCEPTIONS}nor_does_an_exception_open_a_grace_that_was_over",
    ),
    Guard(
        "somebody with the tab stays",
        "accounts/looking_after.py",
        "    if not after:\n        raise LastAdministrator\n",
        "    if not after:\n        return\n",
        "threats/test_last_administrator.py",
    ),
    Guard(
        "somebody who gets through stays",
        "accounts/looking_after.py",
        "if could and not any(one.gets_through(at=at) for one in left):",
        "if False:",
        f"{_LEFT}the_last_one_who_gets_through_stays",
    ),
    Guard(
        "of two who leave at once one stays",
        "accounts/looking_after.py",
        "if could and not any(one.gets_through(at=at) for one in left):",
        "if False:",
        f"{_AT_ONCE}of_the_last_two_who_can_help_one_stays",
    ),
    # --- thirty at once, on PostgreSQL: one more lock than is needed, and red by neither of the two alone
    Guard(
        "of two who agree to each other each agrees once",
        "customers/locking.py",
        "Customer.objects.select_for_update(no_key=True)",
        "Customer.objects",
        f"{_AT_ONCE}two_who_agree_to_each_others_request_agree_once_each",
        also=(
            (
                f"{_R}/help.py",
                'people.select_for_update(of=("self",)).exclude(status=Status.REMOVED)',
                "people.exclude(status=Status.REMOVED)",
            ),
        ),
        database="postgresql",
    ),
    Guard(
        "of thirty versions that are saved together one is",
        "policy/versions.py",
        'owner.rows().select_for_update(of=("self",), no_key=True).first()',
        "owner.rows().first()",
        "policy/test_versions.py::test_thirty_at_once_are_saved_one_after_the_other",
        also=(
            (
                "accounts/looking_after.py",
                'customers.order_by("id").select_for_update(of=("self",), no_key=True)',
                'customers.order_by("id")',
            ),
        ),
        database="postgresql",
    ),
    # --- applications
    Guard(
        "a code works once",
        "applications/authorization_codes.py",
        "used_now = rows.filter(code_used_at__isnull=True).update(**used) == 1",
        "used_now = rows.update(**used) == 1",
        "threats/test_code_injected.py::test_a_code_works_once_and_the_second_time_ends_what_came_of_it",
    ),
    Guard(
        "a code is over after a minute",
        "applications/authorization_codes.py",
        "and lasts(grant.granted_at, CODE_LASTS, now=now)",
        "and True",
        "threats/test_code_injected.py::test_a_minute_later_it_is_worth_nothing",
    ),
    Guard(
        "a code is its application's",
        "applications/authorization_codes.py",
        "rows = Grant.objects.filter(application=application, code_hash=_code_hash(code))",
        "rows = Grant.objects.filter(code_hash=_code_hash(code))",
        "threats/test_code_injected.py::test_another_application_cannot_use_it",
    ),
    Guard(
        "a code is for one address",
        "applications/authorization_codes.py",
        "and hmac.compare_digest(grant.redirect_uri.encode(), redirect_uri.encode())",
        "and True",
        "threats/test_code_injected.py::test_a_code_put_into_another_browser_s_answer_does_not_fit",
    ),
    Guard(
        "a code wants its verifier",
        "applications/authorization_codes.py",
        "grant.code_challenge.encode(), create_s256_code_challenge(verifier).encode()",
        "grant.code_challenge.encode(), grant.code_challenge.encode()",
        "threats/test_code_injected.py::test_a_code_put_into_another_browser_s_answer_does_not_fit",
    ),
    Guard(
        "no request goes without PKCE",
        "signon/authorization_request.py",
        'if parameters.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):',
        "if False:",
        "threats/test_pkce_downgrade.py::test_without_a_challenge_by_s256_there_is_no_code",
    ),
    Guard(
        "an answer goes to an address of the application",
        "signon/authorization_request.py",
        "if not rules.is_one_of(application.redirect_uris, address, public=public):",
        "if False:",
        "threats/test_redirect_tricks.py::test_an_answer_goes_to_an_address_letter_by_letter_or_nowhere",
    ),
    Guard(
        "a client secret is shown to the session that made it",
        "applications/secrets.py",
        "mine = actor.session_id is not None and found.made_by_session == actor.session_id",
        "mine = True",
        "journeys/test_applications.py::test_only_the_session_that_made_it_sees_it_and_soon",
    ),
    Guard(
        "a client secret is shown once",
        "applications/secrets.py",
        "if rows.filter(unseen__isnull=False).update(unseen=None) != 1:",
        "if False:",
        "journeys/test_applications.py::test_a_secret_is_shown_once",
    ),
    Guard(
        "before they are through nobody is told the name of a tab that is for others",
        "web/http/heading.py",
        "return is_for_all_of(tab, request.brand.id)",
        "return True",
        "journeys/test_on_the_way.py::test_people_of_another_brand_are_not_told_its_name",
    ),
    Guard(
        "a page names where somebody goes on to only while the application has that address",
        "applications/heading.py",
        "if found is None or not rules.is_one_of(",
        "if found is None or rules.is_one_of(",
        "journeys/test_on_the_way.py::test_each_step_says_it_from_the_first_to_the_last",
    ),
    Guard(
        "signing out leads to an address of the application",
        "signon/logout.py",
        "if application is None or address not in application.logout_uris:",
        "if False:",
        "threats/test_redirect_tricks.py::test_signing_out_leads_to_an_address_letter_by_letter_or_nowhere",
    ),
    Guard(
        "a refresh token works once",
        "applications/refresh_tokens.py",
        "if sign_in is None or unused.update(used_at=now) != 1:",
        "sign_in = live(found.grant, now=now)\n    if False:",
        "threats/test_refresh_token_reused.py::test_a_used_one_ends_the_family",
    ),
    Guard(
        "a refresh token is its application's",
        "applications/refresh_tokens.py",
        "rows.filter(keyed_hash=_hash(token), grant__application=application)",
        "rows.filter(keyed_hash=_hash(token))",
        "threats/test_refresh_token_reused.py::test_another_application_cannot_use_it",
    ),
    Guard(
        "the gate is asked of each token",
        "applications/grants.py",
        "if step is Step.THROUGH:",
        "if True:",
        "threats/test_token_outlives.py::test_nothing_is_worth_anything_any_more",
    ),
    Guard(
        "a scope that is taken from an application is gone for its old sign-ins",
        "applications/grants.py",
        "for one in grant.scopes if one in grant.application.scopes",
        "for one in grant.scopes",
        "signon/test_token_requests.py::test_what_an_application_may_ask_for_no_longer_no_old_sign_in_tells_it",
    ),
    Guard(
        "what an application was told is over stays over",
        "applications/grants.py",
        "if grant.ended_at is None and grant.tell_at is None:",
        "if grant.ended_at is None:",
        "signon/test_step_missing.py::test_what_an_application_was_told_is_over_stays_over",
    ),
    Guard(
        "a claim by name is one that the application may have",
        "applications/claims.py",
        '"id_token": sorted(may_have.intersection(id_token)),',
        '"id_token": sorted(set(id_token)),',
        "signon/test_claims.py::test_nothing_is_told_that_the_application_may_not_ask_for",
    ),
    Guard(
        "only on a person's own machine another port will do",
        "applications/rules.py",
        "alike = bool(public and one and other and one.groups() == other.groups())",
        "alike = bool(one and other and one.groups() == other.groups())",
        "threats/test_redirect_tricks.py::test_on_the_person_s_own_machine_the_port_may_be_another",
    ),
    Guard(
        "whom an application means is whom it gets",
        "signon/authorize.py",
        'if wish.subject and wish.subject != party["sub"]:',
        "if False:",
        "signon/test_claims.py::test_whom_the_application_means_is_the_one_or_nobody",
    ),
    Guard(
        "an application is for who has the tab",
        "applications/grants.py",
        "return Need(tab=application.tab.key, assurance=wanted, managed=managed)",
        "return Need(assurance=wanted, managed=managed)",
        "threats/test_token_outlives.py::test_a_colleague_s_tab_is_nobody_else_s",
    ),
    Guard(
        "a person ends their own sign-ins alone",
        "applications/signed_in_where.py",
        "rows = _going_on().filter(administrator_id=administrator_id)",
        "rows = _going_on()",
        "applications/test_signed_in_where.py::test_nobody_ends_what_is_somebody_else_s",
    ),
    Guard(
        "who would not get in is told of to nobody who tries",
        "applications/trying.py",
        "let_in = not any(one.step in _NEVER for one in found)",
        "let_in = True",
        "journeys/test_trying_applications.py::test_it_says_what_is_in_the_way",
    ),
    Guard(
        "what is opened while managing ends with that managing",
        "applications/grants.py",
        "or auth.browser.managing_id != grant.managing_id:",
        "or False:",
        "signon/test_while_managing.py::test_leaving_the_portal_ends_it_and_nothing_of_ones_own",
    ),
    Guard(
        "staff is taken for nobody in an application",
        "applications/subjects.py",
        "    if portal is None:\n",
        "    if portal is None or True:\n",
        "signon/test_while_managing.py::test_tokens_name_the_customer_and_who_acts_and_none_of_its_people",
    ),
    Guard(
        "what an application wants verified is verified",
        "gate/decision.py",
        "if need.assurance is None or reaches(assurance_of(facts), need.assurance):",
        "if True:",
        "threats/test_acr_lowered.py::test_who_has_no_second_factor_is_told_to_set_one_up",
    ),
    Guard(
        "anew is after it was asked for",
        "signon/authorize.py",
        "        seconds = since\n",
        "        seconds = 86_400\n",
        "threats/test_acr_lowered.py::test_an_older_proof_is_not_one_that_was_asked_for",
    ),
    Guard(
        "a token is of one type",
        "applications/keys.py",
        'if read.header.get("typ") != typ:',
        "if False:",
        "threats/test_key_confusion.py::test_an_id_token_is_no_access_token",
    ),
    Guard(
        "a token is for one audience",
        "signon/shown_tokens.py",
        'if claims.get("aud") != issuer_of(request):',
        "if False:",
        "threats/test_key_confusion.py::test_a_token_of_one_audience_is_of_no_use_at_another",
    ),
    Guard(
        "a token is over in time",
        "applications/tokens.py",
        'if not isinstance(claims.get("exp"), int) or claims["exp"] <= _seconds(now):',
        "if False:",
        "threats/test_key_confusion.py::test_a_token_is_over_after_five_minutes",
    ),
    Guard(
        "a token is of one issuer",
        "applications/tokens.py",
        'if claims.get("iss") != issuer:',
        "if False:",
        "threats/test_mixed_up.py::test_what_one_brand_gave_is_nothing_at_the_other",
    ),
    Guard(
        "a brand gives tokens to its own people",
        "signon/token.py",
        "if issuer_of_brand(live.auth.person.brand_id) != issuer:",
        "if False:",
        "threats/test_mixed_up.py::test_what_one_brand_gave_is_nothing_at_the_other",
    ),
    Guard(
        "an assertion works once",
        "applications/assertions.py",
        'return _use_up(application, str(claims["jti"]), until=until)',
        "return True",
        "threats/test_client_secret_stolen.py::test_an_assertion_works_once_for_us_and_by_its_own_key",
    ),
    Guard(
        "wrong secrets have to wait",
        "signon/clients.py",
        "throttle.refuse_waiting([key], now=request.now)",
        "pass",
        "threats/test_client_secret_stolen.py::test_wrong_ones_have_to_wait_and_no_other_application_does",
    ),
    Guard(
        "a pushed request is asked for once",
        "applications/pushed.py",
        "return kept if rows.delete()[0] == 1 else None",
        "return kept",
        "signon/test_code_flow.py::test_a_pushed_request_is_asked_for_once",
    ),
    Guard(
        "no inner address is told of sign-outs",
        "applications/back_channel_logout.py",
        "inside = settings.DOORWARD.private_hosts or is_loopback(here)",
        "inside = True",
        "applications/test_back_channel_logout.py::test_an_inner_address_is_not_asked_by_a_portal_that_is_on_the_internet",
    ),
    # --- sites behind forward-auth
    Guard(
        "only a trusted proxy says what it asks about",
        "signon/forward/original.py",
        "if scheme is None or place is None or not is_from_proxy(meta):",
        "if scheme is None or place is None:",
        f"{_FORWARD}only_a_trusted_proxy_is_believed",
    ),
    Guard(
        "a site's cookie is its own",
        "applications/visits.py",
        "if visit is None or visit.ended or visit.origin != origin:",
        "if visit is None or visit.ended:",
        f"{_FORWARD}a_cookie_of_one_site_is_nothing_at_another_nor_at_the_portal",
    ),
    Guard(
        "a site's cookie ends with signing out there",
        "applications/visits.py",
        "if visit is None or visit.ended or visit.origin != origin:",
        "if visit is None or visit.origin != origin:",
        f"{_FORWARD}a_cookie_is_nothing_after_signing_out_at_either",
    ),
    Guard(
        "a site's cookie goes with its person",
        "applications/visits.py",
        "return visit if visit.auth.person.id == visit.administrator_id else None",
        "return visit",
        f"{_FORWARD}a_cookie_goes_with_its_person",
    ),
    Guard(
        "the gate is asked of each request to a site",
        "signon/forward/asking.py",
        "if visit is not None and step is Step.THROUGH:",
        "if visit is not None:",
        "signon/test_forward_auth.py::test_the_very_next_request_is_refused",
    ),
    Guard(
        "what a site wants verified is verified",
        "applications/visits.py",
        "wanted = Assurance(visit.required_acr) if visit.required_acr else None",
        "wanted = None",
        "signon/test_forward_auth.py::test_the_very_next_request_is_refused",
    ),
    Guard(
        "a code for a site is given by the gate alone",
        "signon/forward/start.py",
        "if verdict.through:",
        "if request.auth:",
        f"{_FORWARD}nobody_without_the_right_is_given_a_code",
    ),
    Guard(
        "a code for a site works once",
        "applications/visits.py",
        "if rows.filter(code_used_at__isnull=True).update(code_used_at=now) != 1:",
        "if rows.update(code_used_at=now) != 1:",
        f"{_FORWARD}a_code_works_once",
    ),
    Guard(
        "a code for a site is over after a minute",
        "applications/visits.py",
        "in_time = lasts(visit.begun_at, CODE_LASTS, now=now)",
        "in_time = True",
        f"{_FORWARD}a_code_is_over_after_a_minute",
    ),
    Guard(
        "a code is of its site",
        "applications/visits.py",
        "rows = SiteVisit.objects.filter(site=site, code_hash=_code_hash(code))",
        "rows = SiteVisit.objects.filter(code_hash=_code_hash(code))",
        f"{_FORWARD}a_code_is_of_its_site",
    ),
    Guard(
        "a code for a site is of the browser that began",
        "applications/visits.py",
        "if not in_time or not hmac.compare_digest(bytes(visit.state_hash), state_hash(state)):",
        "if not in_time:",
        f"{_FORWARD}a_code_of_another_browser_signs_nobody_in",
    ),
    Guard(
        "it leads back to the site and nowhere else",
        "signon/forward/original.py",
        'path=path if method in _READING and rules.is_wanted_path(path) else "/",',
        "path=path,",
        f"{_FORWARD}it_leads_back_to_the_site_and_nowhere_else",
    ),
    Guard(
        "a site is at no host of the portal",
        "applications/sites.py",
        "raise SiteIsPortal",
        "pass",
        "cli/test_sites.py::test_an_address_is_a_host_with_https_and_not_the_portal_s",
    ),
    # --- the first of the provider's people, and the console that lets somebody back in
    Guard(
        "a first link ends with whoever is there",
        "accounts/first_link.py",
        "return in_time and not _anybody(provider.id, since=link.made_at)",
        "return in_time",
        "signin/test_first_member.py::test_it_ends_with_whoever_comes_by_another_way",
    ),
    Guard(
        "a first link works once, and not when a start has printed another",
        "accounts/first_link.py",
        "if not _is_open(link, provider, now=now) or rows.delete()[0] != 1:",
        "if not _is_open(link, provider, now=now):",
        "signin/test_first_member.py::test_a_start_between_the_look_and_the_use_ends_it",
    ),
    Guard(
        "a first link is of the provider's own hosts",
        "accounts/first_link.py",
        "if not (_is_open(link, provider, now=now) and cached.answers(provider.brand_id, host)):",
        "if not _is_open(link, provider, now=now):",
        "signin/test_first_member.py::test_at_another_brands_host_it_is_no_link",
    ),
    Guard(
        "the console lets no customer's people back in",
        f"{_R}/rescue.py",
        "        raise RescueForStaffAlone(person.email)",
        "        pass",
        "recovery/test_rescue.py::test_a_customers_people_are_helped_in_other_ways",
    ),
    Guard(
        "who is let back in has lost all devices",
        f"{_R}/rescue.py",
        "        suspension.suspend(today.id, now=now)",
        "        pass",
        "recovery/test_rescue.py::test_it_lets_set_a_password_and_then_a_device_and_nothing_else",
    ),
    Guard(
        "whoever came back on their own is not let in again by the link",
        f"{_R}/rescue.py",
        "    if came_back or person.customer.kind != CustomerKind.PROVIDER:",
        "    if person.customer.kind != CustomerKind.PROVIDER:",
        "recovery/test_rescue.py::test_it_is_of_no_use_once_the_owner_came_back",
    ),
    # --- sessions that are bound to their device
    Guard(
        "a bound session without its device's cookie is nobody's",
        "gate/loading.py",
        "    if device is not None and not is_from_its_device(binding, brought, now=now):",
        "    if False:",
        f"{_COPIED}the_copied_cookie_opens_nothing_and_history_says_so_once",
    ),
    Guard(
        "the device's cookie ends",
        "sessions/rules.py",
        "        return now < binding.until\n",
        "        return True\n",
        f"{_COPIED}all_cookies_together_end_with_the_short_lived_one",
    ),
    Guard(
        "a session is bound once",
        "sessions/binding.py",
        'young.filter(device_key="")',
        "young",
        "sessions/test_device.py::test_a_young_session_is_bound_to_the_key_that_signed_and_to_no_other",
    ),
    Guard(
        "an older session is bound to nothing",
        "sessions/binding.py",
        "        id=session_id, ended_at__isnull=True, signed_in_at__gt=now - OFFERED_FOR\n",
        "        id=session_id, ended_at__isnull=True\n",
        "sessions/test_device.py::test_an_older_session_is_bound_to_nothing",
    ),
    Guard(
        "a proof renews one cookie, and once",
        "sessions/binding.py",
        "    renewed = rows.filter(bound_hash=before).update(",
        "    renewed = rows.update(",
        "sessions/test_device.py::test_a_renewal_that_another_one_overtakes_is_none",
    ),
    Guard(
        "a challenge is of this session",
        "sessions/binding.py",
        '    if not hmac.compare_digest(said.encode(errors="replace"), ours.encode()):',
        "    if False:",
        "sessions/test_device.py::test_a_challenge_works_once_for_its_session_and_for_a_minute",
    ),
    Guard(
        "a challenge is over after a minute",
        "sessions/binding.py",
        "    if not lasts(datetime.fromtimestamp(seconds, UTC), CHALLENGE_LASTS, now=now):",
        "    if False:",
        "sessions/test_device.py::test_a_challenge_works_once_for_its_session_and_for_a_minute",
    ),
    Guard(
        "a proof is nothing else that was signed",
        "sessions/device_proofs.py",
        '    if token.header.get("typ") != _TYPE or not isinstance(challenge, str):',
        "    if not isinstance(challenge, str):",
        "sessions/test_device.py::test_what_is_signed_in_another_way_is_refused",
    ),
    Guard(
        "the cookie of before lives no longer than it would have",
        "sessions/binding.py",
        "        bound_before_until=min(until, now + IN_FLIGHT),",
        "        bound_before_until=now + IN_FLIGHT,",
        "sessions/test_device.py::test_the_cookie_of_before_lives_no_longer_than_it_would_have",
    ),
    Guard(
        "a selftest deletes no customer of anybody",
        "customers/throw_away.py",
        'ThrowAway.objects.filter(customer_id=customer_id).values_list("customer_id")',
        "[customer_id]",
        "operations/test_selftest.py::test_ending_one_ends_no_customer_of_anybody",
    ),
    Guard(
        "the selftest's people are mailed nothing",
        "notifications/outbox.py",
        "            if not throw_away.is_nowhere(delivery.address)\n",
        "",
        "operations/test_selftest.py::test_nobody_is_mailed",
    ),
)
# What `make test` takes out; `make faults` takes out all.
SHORT: Final = ("who asks does not agree", "a pass works once", "the gate is asked of each token")
