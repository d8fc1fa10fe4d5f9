"""The hard cases of being on call, as phones see them; each with the tests that hold it.

 1 spring gap         oncall/test_schedule.py: test_where_the_clock_jumps_there_is_exactly_one_handoff
                      oncall/test_timelines.py: test_chicago_in_the_month_of_the_spring_change
                      oncall/test_timelines.py: test_lord_howe_in_the_month_of_its_half_hour
 2 ambiguous hour     oncall/test_schedule.py: test_where_the_clock_jumps_there_is_exactly_one_handoff
                      oncall/test_schedule.py: test_each_hour_of_the_wall_clock_is_a_turn_skipped_or_doubled
                      oncall/test_intervals.py: test_a_window_has_one_start_and_one_end_where_the_clock_jumps
 3 weeks across DST   oncall/test_schedule.py: test_a_week_ends_at_the_wall_clocks_handoff
                      oncall/test_intervals.py: test_the_whole_week_has_no_hole_whatever_the_clock_does
 4 midnight, Apia     oncall/test_schedule.py: test_where_the_clock_jumps_there_is_exactly_one_handoff
                      oncall/test_schedule.py: test_in_apia_the_skipped_day_shortens_one_shift_and_none_is_lost
                      oncall/test_schedule.py: test_in_apia_the_turn_of_the_skipped_day_counts_though_it_has_no_time
 5 the instant        oncall/test_layers.py: test_the_instant_of_handoff_belongs_to_the_one_who_comes
                      oncall/test_schedule.py: test_the_handoff_belongs_to_the_one_who_comes
                      simulation/test_hard_cases.py: test_the_time_of_paging_counts_and_not_when_it_began
 6 overnight windows  oncall/test_intervals.py: test_a_window_across_midnight_belongs_to_the_day_on_which_it_starts
                      intake/test_quiet.py: test_the_night_before_a_holiday_is_quiet_by_the_day_on_which_it_begins
                      intake/test_quiet.py: test_a_night_in_which_the_clocks_change_ends_by_the_wall
 7 overlaps           oncall/test_layers.py: test_the_first_layer_that_covers_the_moment_wins
                      oncall/test_layers.py: test_of_two_overrides_that_overlap_the_first_in_the_file_counts
                      escalation/test_steps.py: test_two_names_that_mean_one_person_are_one_sms
 8 long override      oncall/test_layers.py: test_inner_borders_survive_an_override_and_an_intended_gap_stays
 9 leave              oncall/test_layers.py: test_leave_goes_to_the_next_person_at_its_first_minute_and_ends_after_its_last_day
                      oncall/test_layers.py: test_two_neighbours_on_leave_leave_the_turn_to_the_third
                      oncall/test_layers.py: test_everybody_on_leave_is_a_gap_that_nobody_meant
10 nobody there       simulation/test_hard_cases.py: test_an_empty_step_takes_no_time
                      simulation/test_hard_cases.py: test_an_empty_chain_is_the_root_receivers_at_once
                      simulation/test_hard_cases.py: test_an_empty_root_is_loud
11 workdays, months   oncall/test_layers.py: test_a_turn_of_workdays_lasts_over_days_off_and_counts_make_up_days
                      oncall/test_layers.py: test_in_a_year_that_nobody_announced_workdays_are_monday_to_friday
                      oncall/test_look_ahead.py: test_holiday_data_that_end_are_found_where_workdays_are_used
                      oncall/test_timelines.py: test_the_spring_festival_of_2026
                      oncall/test_timelines.py: test_national_day_2026_and_the_mid_autumn_festival_before_it
12 across a handoff   simulation/test_hard_cases.py: test_a_chain_across_a_handoff_tells_each_person_once
                      escalation/test_handoffs.py: test_a_newcomer_who_was_told_a_moment_ago_is_not_told_twice
13 ack races          actions/test_races.py: test_of_a_thousand_races_of_two_processes_each_has_one_winner
                      inbound/test_replies.py: test_a_thousand_races_have_one_winner_each
                      actions/test_answering.py: test_who_is_second_hears_who_was_first
                      actions/test_answering.py: test_an_answer_to_what_is_over_says_since_when
                      simulation/test_hard_cases.py: test_an_answer_to_what_somebody_took_while_the_sms_was_in_the_air_says_who
14 reply abuse        actions/test_answering.py: test_a_code_that_was_sent_to_somebody_else_is_wrong
                      actions/test_answering.py: test_an_sms_of_the_day_before_is_answered_no_more
                      actions/test_answering.py: test_an_auto_responder_is_answered_five_times_at_most
                      actions/test_answering.py: test_a_forged_entry_makes_nothing_act
                      actions/test_answering.py: test_an_opt_out_word_is_told_to_the_operator_once
                      inbound/test_replies.py: test_nonsense_neither_crashes_nor_acts
                      simulation/test_hard_cases.py: test_a_reply_that_is_handed_out_twice_acts_once
15 NTP, reload, HA    simulation/test_hard_cases.py: test_a_clock_that_is_set_back_makes_nobody_wait_for_an_hour
                      simulation/test_hard_cases.py: test_a_clock_that_is_set_forward_tells_nobody_twice
                      simulation/test_hard_cases.py: test_a_part_that_is_sent_again_is_no_news
                      simulation/test_hard_cases.py: test_twins_make_one_sms
                      simulation/test_hard_cases.py: test_quiet_hours_that_end_with_forty_firing_are_one_digest_a_person
"""  # noqa: E501

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from sms_notify.actions import Acknowledge, Actor
from sms_notify.model import HOUR, MINUTE, SECOND, Call, Micros
from sms_notify.simulator import Call as Asked
from sms_notify.simulator import Fault, Kind
from sms_notify.simulator.model import Reply
from tests.actions.site import TEXT, Site
from tests.simulation.phones import PhoneBook

TESTS = Path(__file__).parents[1]
NAMED = re.findall(r"(\w+/\w+\.py): (test_\w+)", __doc__ or "")
ROTA = "{rotate: [张伟, 李娜, 王磊], every: 52w, handoff: Mon 10:00, since: 2026-01-05}"
NOBODY = "{rotate: [none], every: 1d, handoff: '10:00', since: 2026-01-01}"
DAILY = "{rotate: [张伟, 李娜, 王磊], every: 1d, handoff: '10:00', since: 2026-11-18}"
TEN: Micros = 10 * HOUR
"""After the midnight at which a site begins: 10:00 of 2026-11-19, when 李娜 comes for 张伟."""


def test_every_case_has_its_tests_and_they_are_there() -> None:
    numbers = [int(number) for number in re.findall(r"^ ?(\d+) ", __doc__ or "", re.MULTILINE)]
    assert numbers == list(range(1, 16))
    for file, name in NAMED:
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}, name


def site_of(folder: Path, *changes: tuple[str, str]) -> tuple[Site, PhoneBook]:
    text = TEXT.replace("replies: 5s", "replies: 20s")  # as many polls in an hour as matter
    for old, new in changes:
        old, new = (each.replace("{", "{{").replace("}", "}}") for each in (old, new))
        assert old in text, old
        text = text.replace(old, new)
    site = Site(folder, text=text)
    return site, PhoneBook(site)


def at_rest(site: Site, phone: PhoneBook) -> None:
    """Nothing more comes, and nothing was left unread."""
    site.run(20 * MINUTE)
    phone.quiet()


def events(site: Site, code: int = 10) -> list[str]:
    query = "SELECT what FROM event WHERE about = 'incident' AND about_id = :n ORDER BY id"
    return [row[0] for row in site.sql(query, n=site.incident(code)["id"])]


# -- 5 and 12: handoffs --------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "who"), [(SECOND, "张伟"), (0, "李娜")])
def test_the_time_of_paging_counts_and_not_when_it_began(
    tmp_path: Path, before: Micros, who: str
) -> None:
    site, phone = site_of(tmp_path, (ROTA, DAILY))
    site.run(TEN - before)
    call = site.alert()
    assert call.alerts[0].starts_at == site.now
    phone(who).gets("MySQL", within=SECOND // 2)
    if before:
        phone("李娜").gets("交接", "MySQL", within=2 * SECOND)
    phone("李娜").replies("10").gets("已确认10")
    site.run(10 * MINUTE)
    phone.quiet()


def test_a_chain_across_a_handoff_tells_each_person_once(tmp_path: Path) -> None:
    """李娜 is next in line at 09:59:30 and on call at 10:00: one SMS; then 王磊 is next in line."""
    site, phone = site_of(
        tmp_path,
        (ROTA, DAILY),
        ("{to: 值班表+1, wait: 10m}", "{to: [值班表, 值班表+1], wait: 10m}"),
    )
    site.run(TEN - 5 * MINUTE - 30 * SECOND)
    site.alert()
    phone("张伟").gets("MySQL")
    phone("李娜").gets("MySQL", within=6 * MINUTE)
    phone("张伟").gets("MySQL", within=MINUTE)  # on call still: the step names both
    phone("李娜").gets_nothing(within=9 * MINUTE)
    phone("王磊").gets("MySQL", within=2 * MINUTE).replies("10").gets("已确认10")
    assert site.incident(10)["acked_by"] == "王磊"
    site.run(30 * MINUTE)
    phone.quiet()


# -- 10: nobody is there -------------------------------------------------------------------------


def test_an_empty_step_takes_no_time(tmp_path: Path) -> None:
    site, phone = site_of(tmp_path, (ROTA, NOBODY))
    site.alert()
    phone("王磊").gets("MySQL", within=3 * SECOND).replies("10").gets("已确认10")
    site.run(10 * MINUTE)
    phone.quiet()


def test_an_empty_chain_is_the_root_receivers_at_once(tmp_path: Path) -> None:
    site, phone = site_of(tmp_path, (ROTA, NOBODY), ("- {to: 王磊}", "- {to: 值班表}"))
    site.alert()
    phone("赵敏").gets("MySQL", within=3 * SECOND).replies("10").gets("已确认10")
    site.run(10 * MINUTE)
    phone.quiet()


def test_an_empty_root_is_loud(tmp_path: Path) -> None:
    """The history, the metric and the operator say that an alert reached nobody."""
    site, phone = site_of(
        tmp_path, (ROTA, NOBODY), ("- {to: 王磊}", "- {to: 值班表}"), ("to: 赵敏}", "to: 值班表}")
    )
    site.alert()
    phone("赵敏").gets("无人可通知", "MySQL主从延迟", within=MINUTE)
    site.alert("磁盘满")
    phone("赵敏").gets_nothing()  # once an hour
    assert "nobody" in events(site)
    at_rest(site, phone)


# -- 13: an answer while the SMS is in the air ---------------------------------------------------


def test_an_answer_to_what_somebody_took_while_the_sms_was_in_the_air_says_who(
    tmp_path: Path,
) -> None:
    site, phone = site_of(tmp_path)
    site.gateway.faults.add(Fault(Kind.SLOW, frozenset({Asked.SEND}), seconds=5.0, count=2))
    site.alert("链路中断", "net")
    site.run(SECOND)
    assert site.states().keys() == {"sending"}
    site.judge(Acknowledge(site.runner.rules, 10, Actor("赵敏", "by command")))
    phone("张伟").gets("链路中断").replies("10").gets("10已由赵敏")
    phone("王磊").gets("链路中断")
    site.run(10 * MINUTE)
    phone.quiet()


# -- 14: what acts once --------------------------------------------------------------------------


def test_a_reply_that_is_handed_out_twice_acts_once(tmp_path: Path) -> None:
    site, phone = site_of(tmp_path)
    site.alert()
    one = phone("张伟").gets("MySQL")
    number = site.gateway.reply(one.number, "10e", at=site.now)
    one.gets("已升级10")
    phone("李娜").gets("MySQL")
    for _ in range(2):
        site.gateway._replies["mysms"].put(site.now, Reply(number, one.number, "10e"))
    one.gets_nothing(within=2 * MINUTE)
    phone("李娜").replies("10").gets("已确认10")
    assert events(site).count("next_step") == 1
    site.run(10 * MINUTE)
    phone.quiet()


# -- 15: clocks, twins, nights -------------------------------------------------------------------


def set_back(site: Site, by: Micros) -> None:
    """The loop of a service looks at the clock every few seconds, whatever is due."""
    site.clock.now -= by
    for _step in site.runner.tick(site.now):
        pass


def test_a_clock_that_is_set_back_makes_nobody_wait_for_an_hour(tmp_path: Path) -> None:
    site, phone = site_of(tmp_path)
    site.run(2 * HOUR)
    site.alert()
    phone("张伟").gets("MySQL")
    site.run(MINUTE)
    set_back(site, HOUR)
    phone("李娜").gets("MySQL", within=7 * MINUTE)
    site.run(MINUTE)
    set_back(site, 20 * MINUTE)
    phone("王磊").gets("MySQL", within=12 * MINUTE).replies("10").gets("已确认10")
    site.run(10 * MINUTE)
    phone.quiet()


def test_a_clock_that_is_set_forward_tells_nobody_twice(tmp_path: Path) -> None:
    site, phone = site_of(tmp_path)
    site.alert()
    phone("张伟").gets("MySQL")
    site.clock.now += HOUR
    phone("李娜").gets("MySQL", within=6 * MINUTE)
    phone("王磊").gets("MySQL", within=11 * MINUTE).replies("10").gets("已确认10")
    site.run(10 * MINUTE)
    phone.quiet()


def three(site: Site) -> Call:
    call = site.alert("磁盘满", "net")
    [one] = call.alerts
    more = [replace(one, fingerprint=f"磁盘满{n}", labels={**one.labels, "instance": f"db-{n}"})
            for n in (2, 3)]  # fmt: skip
    return replace(call, alerts=(one, *more))


def test_a_part_that_is_sent_again_is_no_news(tmp_path: Path) -> None:
    """An Alertmanager that was reloaded sends first some of a group, then all of it."""
    site, phone = site_of(tmp_path)
    whole = three(site)
    for person in ("张伟", "王磊"):
        phone(person).gets("磁盘满")
    site.post(whole)
    for person in ("张伟", "王磊"):
        phone(person).gets("磁盘满")
    for part in (whole.alerts[1:], whole.alerts[:1], whole.alerts):
        site.run(20 * SECOND)
        site.post(replace(whole, called_at=site.now, alerts=part))
    phone("张伟").gets_nothing().replies("{code}").gets("已确认10")
    at_rest(site, phone)


def test_twins_make_one_sms(tmp_path: Path) -> None:
    site, phone = site_of(tmp_path)
    call = site.alert("链路中断", "net")
    site.post(replace(call, called_at=site.now + 1))
    phone("张伟").gets("链路中断")
    phone("王磊").gets("链路中断").replies("10").gets("已确认10")
    over = tuple(replace(each, ended_at=site.now) for each in call.alerts)
    for _ in range(2):
        site.post(replace(call, called_at=site.now, alerts=over))
    for person in ("张伟", "王磊"):
        phone(person).gets("恢复")
    at_rest(site, phone)


def test_quiet_hours_that_end_with_forty_firing_are_one_digest_a_person(tmp_path: Path) -> None:
    quiet = ", quiet: {when: 夜, on_call: true}}"
    site, phone = site_of(
        tmp_path,
        ('"+8613900000001"]}', '"+8613900000001"]' + quiet),
        ('phone: "+8613800000003"}', 'phone: "+8613800000003"' + quiet),
        ("checks:", 'time_intervals: {夜: "1-7,22:00-08:00"}\nchecks:'),
    )
    for number in range(40):
        site.alert(f"告警{number}", "net", level="warning")
        site.run(MINUTE)
    phone.quiet()
    for person in ("张伟", "王磊"):
        phone(person).gets("40条", within=8 * HOUR)
    assert phone("张伟").replies("{code}").gets("已确认40")
    assert site.sql("SELECT DISTINCT state FROM incident") == [("acknowledged",)]
    at_rest(site, phone)
